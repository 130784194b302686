import Bytes
import Columnar
import Testing

@testable import Parquet

@Suite
struct BloomFilterTests {
    @Test(
        arguments: [
            ([], 0xef46_db37_51d8_e999), (Array("abc".utf8), 0x44bc_2cf5_ad77_0999),
            (Array("hello".utf8), 0x26c7_827d_889f_6da3), (littleEndian(Int64(42)), 0xb556_806f_b6d1_4353),
            (Array(0..<100), 0x6ac1_e580_3216_6597),
        ] as [([UInt8], UInt64)]
    )
    func `hashes are those of XXH64`(bytes: [UInt8], hash: UInt64) {
        #expect(bytes.withUnsafeBytes { XXHash64.hash($0) } == hash)
    }

    /// The blocks that are not empty in bloom_filter.xxhash.bin of apache/parquet-testing, by their first word.
    private static let blocks: [Int: [UInt32]] = [
        32: [0x10_0000, 0x200, 0x400, 0x80, 0x200, 0x8000_0000, 0x1000_0000, 0x800_0000],
        40: [0x80_0000, 0x1000_0000, 0x1, 0x1000_0000, 0x20, 0x20_0000, 0x4000_0000, 0x8_0000],
        56: [0x4, 0x40_0000, 0x40_0000, 0x8_0000, 0x400_0000, 0x2000, 0x10, 0x2],
        80: [0x20_0000, 0x800, 0x100, 0x2000_0000, 0x80_0000, 0x800_0000, 0x100, 0x1000],
    ]

    @Test
    func `a filter has the bytes that other writers give it`() throws {
        var filter = BloomFilter(distinctCount: 500, falsePositiveRate: 0.01)
        #expect(filter.byteCount == 1_024)
        let values = PageValues.byteArrays(["hello", "parquet", "bloom", "filter"])
        values.withUnsafeBytes { filter.insert($0, physicalType: .byteArray, count: 4) }
        let out = ByteBuffer()
        filter.write(to: out)
        var words = [UInt32](repeating: 0, count: 256)
        for (start, block) in Self.blocks { words.replaceSubrange(start..<(start + 8), with: block) }
        let header: [UInt8] = [0x15, 0x80, 0x10, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0]
        #expect(out.copyBytes() == header + words.flatMap { littleEndian($0) })
    }

    @Test
    func `a filter that was written finds what was inserted and little else`() throws {
        var filter = BloomFilter(distinctCount: 10_000, falsePositiveRate: 0.01)
        let values = (0..<10_000).flatMap { littleEndian(Int64($0)) }
        values.withUnsafeBytes { filter.insert($0, physicalType: .int64, count: 10_000) }
        let out = ByteBuffer()
        filter.write(to: out)
        let blocks = Array(out.copyBytes().suffix(filter.byteCount))
        let read = try blocks.withUnsafeBytes { try BloomFilter(blocks: $0) }
        func mightContain(_ value: Int64) -> Bool { littleEndian(value).withUnsafeBytes { read.mightContain($0) } }
        #expect((0..<10_000).allSatisfy { mightContain($0) })
        #expect((10_000..<30_000).count { mightContain($0) } < 200)
    }

    @Test(
        arguments: [
            (0, 0.01, 32), (-5, 0.01, 32), (1, 0.01, 32), (100_000, 0.01, 131_072), (100_000, 0.1, 131_072),
            (100_000, 0.001, 262_144), (.max, 0.01, 128 << 20), (1_000, 0, 16_384), (1_000, 1, 128), (1, .nan, 32),
        ] as [(Int, Double, Int)]
    )
    func `the size follows from the number of values and the rate`(count: Int, rate: Double, byteCount: Int) {
        #expect(BloomFilter(distinctCount: count, falsePositiveRate: rate).byteCount == byteCount)
    }

    @Test(arguments: [0, 31, 33, 100])
    func `blocks of another size are refused`(byteCount: Int) {
        #expect(throws: ParquetReadError.self) {
            try [UInt8](repeating: 0, count: byteCount).withUnsafeBytes { try BloomFilter(blocks: $0) }
        }
    }
}

import Bytes
import Columnar
import TestSupport
import Testing

@testable import Parquet

@Suite
struct RunLengthDecodingTests {
    @Test(
        arguments: [
            ([0x03, 0x88, 0xc6, 0xfa], 3, Array(0..<8), 4), ([0x03, 0x05], 1, [1, 0, 1], 2),
            ([0x10, 0x01], 1, [1, 1], 2),
            // A group that lacks the bytes of its padding, runs of nothing, values of no bits.
            ([0x03, 0x88], 3, [0, 1], 2), ([0x00, 0x05, 0x02, 0x05], 3, [5], 4), ([0x06], 0, [0, 0, 0], 1),
            ([0x03], 0, [0, 0, 0], 1), ([0x04, 0x78, 0x56, 0x34, 0x12], 32, [0x1234_5678, 0x1234_5678], 5),
            ([9], 7, [], 0),
        ] as [([UInt8], Int, [UInt32], Int)]
    )
    func `golden vectors`(bytes: [UInt8], bitWidth: Int, values: [UInt32], byteCount: Int) throws {
        let decoded = try decode(bytes, bitWidth, values.count)
        #expect(decoded.values == values)
        #expect(decoded.byteCount == byteCount)
    }

    @Test(arguments: 0...32)
    func `what is written reads back, at every width and cut at every byte`(bitWidth: Int) throws {
        var generator = SeededGenerator(seed: UInt64(bitWidth))
        let limit: UInt32 = bitWidth == 32 ? .max : (1 << UInt32(bitWidth)) - 1
        for _ in 0..<20 {
            var values: [UInt32] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                let run = Int.random(in: 1...40, using: &generator)
                let value = UInt32.random(in: 0...limit, using: &generator)
                let isRun = Bool.random(using: &generator)
                values += (0..<run).map { _ in isRun ? value : .random(in: 0...limit, using: &generator) }
            }
            let bytes = runLengths(values, bitWidth)
            let decoded = try decode(bytes, bitWidth, values.count)
            #expect(decoded.values == values)
            #expect(decoded.byteCount == bytes.count)
            for length in bytes.indices {
                guard let cut = try? decode(Array(bytes.prefix(length)), bitWidth, values.count) else { continue }
                #expect(cut.values == values)
            }
            for _ in 0..<30 where !bytes.isEmpty {
                var flipped = bytes
                flipped[.random(in: bytes.indices, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
                guard let decoded = try? decode(flipped, bitWidth, values.count) else { continue }
                #expect(decoded.values.allSatisfy { $0 <= limit })
                #expect(decoded.byteCount <= flipped.count)
            }
        }
    }

    @Test(
        arguments: [
            ([], 1, 1), ([0x02], 1, 1), ([0x80], 1, 1), ([0x02, 0x02], 1, 1), ([0x03, 0x88], 3, 6),
            ([0x02, 0x01], 1, 2), ([0x02, 0x01], 33, 1), ([0x02, 0x01], -1, 1), ([0x02, 0x01], 1, -1),
            (Array(repeating: 0xff, count: 12), 1, 1), ([0xff, 0xff, 0xff, 0xff, 0x1f, 1], 1, 1),
            ([0x02, 0x01], 1, .max), (Array(repeating: 0, count: 100), 0, 1),
        ] as [([UInt8], Int, Int)]
    )
    func `what cannot be true is refused`(bytes: [UInt8], bitWidth: Int, count: Int) {
        #expect(throws: ParquetReadError.self) { try decode(bytes, bitWidth, count) }
    }

    @Test
    func `levels of very old files have their most significant bit first`() throws {
        // Encodings.md: 0 to 7 in three bits.
        let decoded = try decode([0x05, 0x39, 0x77], 3, 8, isDeprecated: true)
        #expect(decoded.values == Array(0..<8))
        #expect(decoded.byteCount == 3)
        #expect(try decode([0b1010_0000], 1, 3, isDeprecated: true).values == [1, 0, 1])
        #expect(try decode([1, 2, 3, 4, 5], 32, 1, isDeprecated: true).values == [0x0102_0304])
        #expect(try decode([], 0, 3, isDeprecated: true).values == [0, 0, 0])
        #expect(throws: ParquetReadError.self) { try decode([0x05, 0x39], 3, 6, isDeprecated: true) }
        #expect(throws: ParquetReadError.self) { try decode([0x05, 0x39], 40, 1, isDeprecated: true) }
    }

    @Test(arguments: 0..<UInt64(50))
    func `flags become slots, or the same error as numbers do`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let bytes = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                // Runs of a few values or groups, and any bits.
                UInt8.random(in: Bool.random(using: &generator) ? 0...9 : 0...255, using: &generator)
            }
            let count = Int.random(in: 0...150, using: &generator)
            var validity = Validity()
            validity.appendValues(Int.random(in: 0...9, using: &generator))
            let first = validity.slotCount
            let valueCount = try? bytes.withUnsafeBytes {
                try RunLengthDecoding.appendFlags($0, count: count, to: &validity)
            }
            let numbers = (try? decode(bytes, 1, count))?.values
            #expect((valueCount == nil) == (numbers == nil))
            guard let numbers else { continue }
            #expect(valueCount == numbers.count { $0 == 1 } && validity.slotCount == first + count)
            #expect(numbers.indices.allSatisfy { validity.isValue(at: first + $0) == (numbers[$0] == 1) })
        }
    }

    private func runLengths(_ values: [UInt32], _ bitWidth: Int) -> [UInt8] {
        let out = ByteBuffer()
        RunLengthEncoder.write(values, count: values.count, bitWidth: bitWidth, to: out)
        return out.copyBytes()
    }

    private func decode(_ bytes: [UInt8], _ bitWidth: Int, _ count: Int, isDeprecated: Bool = false) throws -> (
        values: [UInt32], byteCount: Int
    ) {
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { source.deallocate() }
        source.copyBytes(from: bytes)
        // Room for as many as can be asked for without an error.
        let capacity = max(0, min(count, 10_000))
        let out = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        defer { out.deallocate() }
        let input = UnsafeRawBufferPointer(source)
        let byteCount =
            isDeprecated
            ? try RunLengthDecoding.decodeBitPacked(input, bitWidth: bitWidth, count: count, into: out)
            : try RunLengthDecoding.decode(input, bitWidth: bitWidth, count: count, into: out)
        return (Array(UnsafeBufferPointer(start: out, count: capacity)), byteCount)
    }
}

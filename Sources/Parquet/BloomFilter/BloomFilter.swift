import Bytes
import Columnar
import Glibc

/// The split-block bloom filter of a column chunk (BloomFilter.md).
///
/// ```
/// filter  BloomFilterHeader{1 byte count, 2 {1 BLOCK}, 3 {1 XXHASH}, 4 {1 UNCOMPRESSED}} block*
/// block   eight words of 32 bits, little endian
/// ```
/// A value's hash is XXH64 of its PLAIN bytes, of byte arrays without the length. Its upper half picks the block; its
/// lower half, multiplied by eight salts, picks one bit of each word. NULLs are not inserted.
public struct BloomFilter: Sendable {
    /// The sizes that parquet-java and arrow-rs accept.
    private static let byteCounts = 32...(128 << 20)
    private static let salts = SIMD8<UInt32>(
        0x47b6_137b,
        0x4497_4d91,
        0x8824_ad5b,
        0xa2b7_289d,
        0x7054_95c7,
        0x2df1_424b,
        0x9efc_4947,
        0x5c6b_fb31
    )

    private var words: [UInt32]

    /// The bytes of all blocks.
    var byteCount: Int { words.count * 4 }

    /// Creates an empty filter for so many distinct values, of which others are taken for one with the probability
    /// given; its bytes are a power of two.
    init(distinctCount: Int, falsePositiveRate: Double) {
        let rate = min(max(falsePositiveRate, 1e-9), 0.999)
        let bitCount = -8 * Double(max(0, distinctCount)) / log(1 - pow(rate, 1.0 / 8))
        var byteCount = Self.byteCounts.lowerBound
        while byteCount < Self.byteCounts.upperBound, Double(byteCount) * 8 < bitCount { byteCount *= 2 }
        words = [UInt32](repeating: 0, count: byteCount / 4)
    }

    /// Reads the blocks of a filter, without its header.
    ///
    /// - Throws: ``ParquetReadError`` if their size is none.
    init(blocks: UnsafeRawBufferPointer) throws(ParquetReadError) {
        guard Self.byteCounts.contains(blocks.count), blocks.count % 32 == 0 else {
            throw ParquetReadError(.malformed, "A bloom filter claims \(blocks.count) bytes.")
        }
        var words: [UInt32] = []
        words.reserveCapacity(blocks.count / 4)
        for offset in stride(from: 0, to: blocks.count, by: 4) {
            unsafe words.append(UInt32(littleEndian: blocks.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        self.words = words
    }

    /// Inserts a value, given as its PLAIN bytes without length.
    mutating func insert(_ value: UnsafeRawBufferPointer) {
        unsafe insert(hash: XXHash64.hash(value))
    }

    /// Inserts a value, given as the hash of its bytes.
    mutating func insert(hash: UInt64) {
        let start = blockStart(hash)
        let bits = Self.bits(hash)
        for word in 0..<8 { words[start &+ word] |= bits[word] }
    }

    /// Inserts `count` values that lie as a column has them.
    mutating func insert(_ values: UnsafeRawBufferPointer, physicalType: PhysicalType, count: Int) {
        guard let start = values.baseAddress else { return }
        var position = unsafe start
        for _ in 0..<count {
            var length = physicalType.byteWidth ?? 0
            if physicalType == .byteArray {
                length = unsafe Int(UInt32(littleEndian: position.loadUnaligned(as: UInt32.self)))
                unsafe position += 4
            }
            unsafe insert(UnsafeRawBufferPointer(start: position, count: length))
            unsafe position += length
        }
    }

    /// Whether the value may have been inserted; if not, it surely was not.
    ///
    /// - Parameter value: The value in PLAIN encoding, a byte array without the length before it.
    /// - Returns: Whether it may be there.
    public func mightContain(_ value: [UInt8]) -> Bool {
        unsafe value.withUnsafeBytes { unsafe mightContain($0) }
    }

    /// Whether the value may have been inserted; if not, it surely was not.
    func mightContain(_ value: UnsafeRawBufferPointer) -> Bool {
        unsafe mightContain(hash: XXHash64.hash(value))
    }

    /// Whether a value with this hash may have been inserted; if not, it surely was not.
    func mightContain(hash: UInt64) -> Bool {
        let start = blockStart(hash)
        let bits = Self.bits(hash)
        for word in 0..<8 where words[start &+ word] & bits[word] == 0 { return false }
        return true
    }

    /// Appends the header and the blocks.
    func write(to out: ByteBuffer) {
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.i32(1, Int32(byteCount))
            for field in [2, 3, 4] as [Int16] { thrift.structure(field) { $0.structure(1) { _ in } } }
        }
        for word in words { out.appendLittleEndian(word) }
    }

    /// The first word of the value's block.
    private func blockStart(_ hash: UInt64) -> Int {
        // Less than the number of blocks, so that no word is out of bounds.
        Int(((hash >> 32) &* UInt64(words.count / 8)) >> 32) &* 8
    }

    /// One bit for each word of the block.
    private static func bits(_ hash: UInt64) -> SIMD8<UInt32> {
        let places = (salts &* SIMD8(repeating: UInt32(truncatingIfNeeded: hash))) &>> 27
        return SIMD8(repeating: 1) &<< places
    }
}

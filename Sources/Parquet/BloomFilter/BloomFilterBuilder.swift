import Bytes
import Columnar

/// Collects the values of a column chunk for a bloom filter whose size depends on how many there are.
///
/// Until the chunk ends a value is its hash, 8 bytes; those in the dictionary wait there.
final class BloomFilterBuilder {
    let options: BloomFilterOptions
    private let hashes = ByteBuffer()

    init(options: BloomFilterOptions) {
        self.options = options
    }

    /// The bytes of memory held.
    var allocatedByteCount: Int { hashes.capacity }

    /// Takes `count` values in the layout of a column.
    func insert(_ values: UnsafeRawPointer, physicalType: PhysicalType, count: Int) {
        guard count > 0 else { return }
        var target = unsafe hashes.reserve(count * 8)
        var position = unsafe values
        for _ in 0..<count {
            var length = physicalType.byteWidth ?? 0
            if physicalType == .byteArray {
                length = unsafe Int(UInt32(littleEndian: position.loadUnaligned(as: UInt32.self)))
                unsafe position += 4
            }
            let hash = unsafe XXHash64.hash(UnsafeRawBufferPointer(start: position, count: length))
            unsafe target.storeBytes(of: hash, as: UInt64.self)
            unsafe target += 8
            unsafe position += length
        }
        hashes.advance(by: count * 8)
    }

    /// Makes the filter of all values, and forgets them.
    ///
    /// Values are counted as often as they come outside of the dictionary, so that a filter may be larger than it need
    /// be, never less exact.
    func finish() -> BloomFilter {
        let count = hashes.count / 8
        var filter = BloomFilter(distinctCount: count, falsePositiveRate: options.falsePositiveRate)
        let known = unsafe hashes.base.assumingMemoryBound(to: UInt64.self)
        for index in 0..<count { unsafe filter.insert(hash: known[index]) }
        hashes.removeAll()
        return filter
    }

    /// Forgets all values.
    func removeAll() {
        hashes.removeAll()
    }
}

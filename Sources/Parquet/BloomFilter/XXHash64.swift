/// The hash XXH64 with seed 0, which Parquet's bloom filters use (BloomFilter.md; xxhash_spec.md, "XXH64").
///
/// ```
/// stripes  four lanes of eight bytes each, while 32 bytes are left
/// rest     words of eight bytes, then one of four, then single bytes
/// ```
enum XXHash64 {
    private static let prime1: UInt64 = 11_400_714_785_074_694_791
    private static let prime2: UInt64 = 14_029_467_366_897_019_727
    private static let prime3: UInt64 = 1_609_587_929_392_839_161
    private static let prime4: UInt64 = 9_650_029_242_287_828_579
    private static let prime5: UInt64 = 2_870_177_450_012_600_261

    /// The hash of the bytes.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        var position = 0
        var hash = prime5
        if count >= 32 {
            var lanes = SIMD4(prime1 &+ prime2, prime2, 0, 0 &- prime1)
            while count &- position >= 32 {
                for lane in 0..<4 {
                    unsafe lanes[lane] = round(lanes[lane], word(bytes, position &+ lane &* 8))
                }
                position &+= 32
            }
            hash = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
            for lane in 0..<4 { hash = (hash ^ round(0, lanes[lane])) &* prime1 &+ prime4 }
        }
        hash = hash &+ UInt64(count)
        while count &- position >= 8 {
            unsafe hash ^= round(0, word(bytes, position))
            hash = rotate(hash, 27) &* prime1 &+ prime4
            position &+= 8
        }
        if count &- position >= 4 {
            let half = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            hash = rotate(hash ^ (UInt64(half) &* prime1), 23) &* prime2 &+ prime3
            position &+= 4
        }
        while position < count {
            hash = unsafe rotate(hash ^ (UInt64(bytes[position]) &* prime5), 11) &* prime1
            position &+= 1
        }
        hash = (hash ^ (hash >> 33)) &* prime2
        hash = (hash ^ (hash >> 29)) &* prime3
        return hash ^ (hash >> 32)
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func round(_ accumulator: UInt64, _ input: UInt64) -> UInt64 {
        rotate(accumulator &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value &<< count | value &>> (64 &- count)
    }
}

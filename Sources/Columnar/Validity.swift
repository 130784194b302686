import Bytes

/// Which slots of a column hold a value and which are NULL.
///
/// While no NULL has been seen there are only counts; the bitmap (one bit a slot, least significant bit first, 1 for
/// a value) comes into being with the first NULL.
public struct Validity {
    /// The number of slots.
    public private(set) var slotCount = 0
    /// The number of slots that are NULL.
    public private(set) var nullCount = 0

    private var bits: ByteBuffer?

    /// Creates an empty set of slots.
    public init() {}

    /// The number of slots that hold a value.
    public var valueCount: Int { slotCount - nullCount }

    /// The bitmap, or `nil` while every slot holds a value.
    ///
    /// Bits past the last slot are zero.
    public var bitmap: UnsafeRawPointer? {
        guard nullCount > 0, let bits else { return nil }
        return unsafe UnsafeRawPointer(bits.base)
    }

    /// The bytes of memory held.
    public var allocatedByteCount: Int { bits?.capacity ?? 0 }

    /// Appends slots that all hold a value.
    public mutating func appendValues(_ count: Int) {
        if nullCount > 0 { setBits(from: slotCount, count: count) }
        slotCount += count
    }

    /// Appends slots that are all NULL.
    public mutating func appendNulls(_ count: Int) {
        guard count > 0 else { return }
        materialize()
        ensureBits(slotCount + count)
        slotCount += count
        nullCount += count
    }

    /// Appends one slot for each flag, which is 1 for a value and 0 for NULL.
    ///
    /// - Parameters:
    ///   - flags: `count` bytes.
    ///   - count: The number of slots.
    ///   - valueCount: The number of flags that are 1.
    public mutating func append(flags: UnsafePointer<UInt8>, count: Int, valueCount: Int) {
        if valueCount == count { return appendValues(count) }
        if valueCount == 0 { return appendNulls(count) }
        materialize()
        ensureBits(slotCount + count)
        guard let bits else { return }
        let base = unsafe bits.base.assumingMemoryBound(to: UInt8.self)
        var index = 0
        // Bits up to the next byte's start one by one, then eight flags at a time.
        while index < count, (slotCount + index) & 7 != 0 {
            unsafe base[(slotCount + index) >> 3] |= flags[index] << UInt8(truncatingIfNeeded: (slotCount + index) & 7)
            index += 1
        }
        while index + 8 <= count {
            let eight = unsafe UnsafeRawPointer(flags + index).loadUnaligned(as: UInt64.self)
            // Gathers the lowest bit of each byte into the top byte.
            unsafe base[(slotCount + index) >> 3] = UInt8(truncatingIfNeeded: (eight &* 0x0102_0408_1020_4080) >> 56)
            index += 8
        }
        while index < count {
            unsafe base[(slotCount + index) >> 3] |= flags[index] << UInt8(truncatingIfNeeded: (slotCount + index) & 7)
            index += 1
        }
        slotCount += count
        nullCount += count - valueCount
    }

    /// Appends `count` slots of another column from `start` on.
    ///
    /// - Returns: How many of them hold a value.
    @discardableResult
    public mutating func append(_ other: borrowing Validity, from start: Int, count: Int) -> Int {
        guard let source = unsafe other.bitmap else {
            appendValues(count)
            return count
        }
        return unsafe append(bits: source, from: start, count: count)
    }

    /// Appends one slot for each bit, which is 1 for a value and 0 for NULL, least significant bit first.
    ///
    /// - Parameters:
    ///   - source: Bits up to `start + count`; bits past them are not looked at.
    ///   - start: The first bit that counts.
    ///   - count: The number of slots.
    /// - Returns: How many of them hold a value.
    @discardableResult
    public mutating func append(bits source: UnsafeRawPointer, from start: Int, count: Int) -> Int {
        let valid = unsafe Validity.count(source, from: start, count: count)
        if valid == count {
            appendValues(count)
            return valid
        }
        if valid == 0 {
            appendNulls(count)
            return valid
        }
        materialize()
        ensureBits(slotCount + count)
        guard let bits else { return 0 }
        let target = unsafe bits.base
        var done = 0
        while done < count {
            let take = min(count - done, 64)
            let word = unsafe Validity.word(source, at: start + done, count: take)
            unsafe Validity.merge(word, count: take, into: target, at: slotCount + done)
            done += take
        }
        slotCount += count
        nullCount += count - valid
        return valid
    }

    /// How many of the slots hold a value.
    public func valueCount(from start: Int, count: Int) -> Int {
        guard let bitmap = unsafe bitmap else { return count }
        return unsafe Validity.count(bitmap, from: start, count: count)
    }

    /// Whether the slot holds a value.
    public func isValue(at slot: Int) -> Bool {
        guard let bitmap = unsafe bitmap else { return true }
        return unsafe bitmap.assumingMemoryBound(to: UInt8.self)[slot >> 3] >> UInt8(truncatingIfNeeded: slot & 7) & 1
            == 1
    }

    /// Forgets all slots, keeping the memory.
    public mutating func removeAll() {
        slotCount = 0
        nullCount = 0
        bits?.removeAll()
    }

    /// How many of the bits are 1.
    private static func count(_ bits: UnsafeRawPointer, from start: Int, count: Int) -> Int {
        var total = 0
        var done = 0
        while done < count {
            let take = min(count &- done, 64)
            unsafe total &+= word(bits, at: start &+ done, count: take).nonzeroBitCount
            done &+= take
        }
        return total
    }

    /// Up to 64 bits from any bit position; no byte is touched that has none of them.
    @inline(__always)
    private static func word(_ bits: UnsafeRawPointer, at position: Int, count: Int) -> UInt64 {
        let first = position >> 3
        let shift = UInt64(truncatingIfNeeded: position & 7)
        let byteCount = (position & 7 &+ count &+ 7) >> 3
        var word: UInt64 = 0
        if byteCount >= 8 {
            word = unsafe UInt64(littleEndian: bits.loadUnaligned(fromByteOffset: first, as: UInt64.self))
        } else {
            for byte in 0..<byteCount {
                unsafe word |=
                    UInt64(bits.load(fromByteOffset: first &+ byte, as: UInt8.self))
                    &<< UInt64(truncatingIfNeeded: byte &* 8)
            }
        }
        word &>>= shift
        if byteCount == 9 {
            unsafe word |= UInt64(bits.load(fromByteOffset: first &+ 8, as: UInt8.self)) &<< (64 &- shift)
        }
        return count == 64 ? word : word & ((1 &<< UInt64(truncatingIfNeeded: count)) &- 1)
    }

    /// Adds up to 64 bits to zero bits at any position; no byte is touched that gets none of them.
    @inline(__always)
    private static func merge(_ word: UInt64, count: Int, into bits: UnsafeMutableRawPointer, at position: Int) {
        let first = position >> 3
        let shift = UInt64(truncatingIfNeeded: position & 7)
        let byteCount = (position & 7 &+ count &+ 7) >> 3
        if byteCount >= 8 {
            let old = unsafe UInt64(littleEndian: bits.loadUnaligned(fromByteOffset: first, as: UInt64.self))
            unsafe bits.storeBytes(
                of: (old | word &<< shift).littleEndian,
                toByteOffset: first,
                as: UInt64.self
            )
        } else {
            for byte in 0..<byteCount {
                let part = UInt8(truncatingIfNeeded: (word &<< shift) &>> UInt64(truncatingIfNeeded: byte &* 8))
                let old = unsafe bits.load(fromByteOffset: first &+ byte, as: UInt8.self)
                unsafe bits.storeBytes(of: old | part, toByteOffset: first &+ byte, as: UInt8.self)
            }
        }
        if byteCount == 9 {
            let part = UInt8(truncatingIfNeeded: word &>> (64 &- shift))
            let old = unsafe bits.load(fromByteOffset: first &+ 8, as: UInt8.self)
            unsafe bits.storeBytes(of: old | part, toByteOffset: first &+ 8, as: UInt8.self)
        }
    }

    /// Makes the bitmap of the slots so far, all of which hold a value.
    private mutating func materialize() {
        guard nullCount == 0 else { return }
        if bits == nil { bits = ByteBuffer() }
        bits?.removeAll()
        setBits(from: 0, count: slotCount)
    }

    /// Extends the bitmap with zero bits to hold `count` slots.
    private func ensureBits(_ count: Int) {
        guard let bits else { return }
        let missing = (count + 7) >> 3 - bits.count
        guard missing > 0 else { return }
        unsafe bits.reserve(missing).initializeMemory(as: UInt8.self, repeating: 0, count: missing)
        bits.advance(by: missing)
    }

    private func setBits(from start: Int, count: Int) {
        guard count > 0, let bits else { return }
        ensureBits(start + count)
        let base = unsafe bits.base.assumingMemoryBound(to: UInt8.self)
        var position = start
        let end = start + count
        while position < end, position & 7 != 0 {
            unsafe base[position >> 3] |= 1 << UInt8(truncatingIfNeeded: position & 7)
            position += 1
        }
        let wholeBytes = (end - position) >> 3
        if wholeBytes > 0 {
            unsafe (base + position >> 3).update(repeating: 0xff, count: wholeBytes)
            position += wholeBytes << 3
        }
        while position < end {
            unsafe base[position >> 3] |= 1 << UInt8(truncatingIfNeeded: position & 7)
            position += 1
        }
    }
}

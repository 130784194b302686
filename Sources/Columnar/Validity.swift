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
        materialize()
        ensureBits(slotCount + count)
        guard let bits else { return 0 }
        let target = unsafe bits.base.assumingMemoryBound(to: UInt8.self)
        let from = unsafe source.assumingMemoryBound(to: UInt8.self)
        var valid = 0
        var done = 0
        while done < count {
            let take = min(count - done, 8 - (slotCount + done) & 7)
            let chunk = unsafe Validity.bits(of: from, at: start + done, count: take)
            unsafe target[(slotCount + done) >> 3] |= chunk << UInt8(truncatingIfNeeded: (slotCount + done) & 7)
            valid += chunk.nonzeroBitCount
            done += take
        }
        slotCount += count
        nullCount += count - valid
        return valid
    }

    /// How many of the slots hold a value.
    public func valueCount(from start: Int, count: Int) -> Int {
        guard let bitmap = unsafe bitmap else { return count }
        let bytes = unsafe bitmap.assumingMemoryBound(to: UInt8.self)
        var total = 0
        var done = 0
        while done < count {
            let take = min(count - done, 8)
            unsafe total += Validity.bits(of: bytes, at: start + done, count: take).nonzeroBitCount
            done += take
        }
        return total
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

    /// Up to eight bits from any bit position.
    private static func bits(of base: UnsafePointer<UInt8>, at position: Int, count: Int) -> UInt8 {
        let shift = UInt16(truncatingIfNeeded: position & 7)
        var word = unsafe UInt16(base[position >> 3])
        if position & 7 + count > 8 { unsafe word |= UInt16(base[position >> 3 + 1]) << 8 }
        return UInt8(truncatingIfNeeded: word >> shift) & UInt8(truncatingIfNeeded: (1 << count) - 1)
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

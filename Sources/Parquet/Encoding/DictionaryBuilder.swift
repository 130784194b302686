import Bytes
import Columnar

/// The distinct values of a column chunk, in the order of their first occurrence.
///
/// An open-addressing table maps a value to its index. Its slots hold index + 1, so that 0 means empty. A slot is
/// the topmost bits of a hash: growing the table doubles each slot and keeps neighbours together.
final class DictionaryBuilder {
    /// The distinct values in PLAIN layout: the dictionary page's body.
    let values = ByteBuffer()
    /// The number of distinct values.
    private(set) var count = 0

    private let physicalType: PhysicalType
    /// What is known of each value without reading it; only for values that have no machine width.
    private let entries = ByteBuffer()
    private let slots = ByteBuffer()
    /// The logarithm of the number of slots.
    private var slotBits = 0

    private static let initialSlotBits = 8
    /// Up to this many slots a quarter of them is used, so that most values are found at once; beyond, a half, so that
    /// the table stays within the cache.
    private static let sparseSlotBits = 14
    private static let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// A value of variable length: enough to tell it from others without reading it, unless it is long.
    private struct Entry: BitwiseCopyable {
        /// The first eight bytes, padded with zeros.
        var head: UInt64
        /// Where its bytes begin in `values`, behind the length.
        var offset: UInt32
        var length: UInt32
        var hash: UInt64
    }

    init(physicalType: PhysicalType) {
        self.physicalType = physicalType
    }

    /// The bytes of memory held.
    var allocatedByteCount: Int { values.capacity + entries.capacity + slots.capacity }

    /// Forgets all values.
    func removeAll() {
        count = 0
        values.removeAll()
        entries.removeAll()
        slotBits = 0
    }

    /// Appends the index of each value to `indexes`, taking new values in.
    ///
    /// - Parameters:
    ///   - source: `valueCount` values in PLAIN layout, in a buffer with slack behind them.
    ///   - valueCount: The number of values.
    ///   - indexes: Takes one `UInt32` a value.
    func encode(_ source: UnsafeRawPointer, valueCount: Int, into indexes: ByteBuffer) {
        let target = unsafe indexes.reserve(valueCount * 4).assumingMemoryBound(to: UInt32.self)
        switch physicalType {
        case .int64, .double: unsafe encode(source, valueCount, as: UInt64.self, into: target)
        case .int32, .float: unsafe encode(source, valueCount, as: UInt32.self, into: target)
        case .byteArray: unsafe encodeByteArrays(source, valueCount, into: target)
        case .fixedLengthByteArray(let width): unsafe encodeFixed(source, valueCount, width: width, into: target)
        case .boolean: break
        }
        indexes.advance(by: valueCount * 4)
    }

    /// One value without its length prefix.
    func value(at index: Int) -> UnsafeRawBufferPointer {
        if let width = physicalType.byteWidth {
            return unsafe UnsafeRawBufferPointer(start: values.base + index * width, count: width)
        }
        let entry = unsafe entries.base.assumingMemoryBound(to: Entry.self)[index]
        return unsafe UnsafeRawBufferPointer(start: values.base + Int(entry.offset), count: Int(entry.length))
    }

    // MARK: - Numbers

    @inline(__always)
    private func encode<T: FixedWidthInteger & BitwiseCopyable & SIMDScalar>(
        _ source: UnsafeRawPointer,
        _ valueCount: Int,
        as type: T.Type,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        guard valueCount > 0 else { return }
        let size = MemoryLayout<T>.size
        var last = unsafe source.loadUnaligned(as: T.self)
        var lastIndex = index(of: last)
        var done = 0
        while done < valueCount {
            let end = min(done &+ 8, valueCount)
            // Runs are common: dates, constants, sorted keys.
            if end == done &+ 8,
                unsafe (source + done &* size).loadUnaligned(as: SIMD8<T>.self) == SIMD8(repeating: last)
            {
                unsafe UnsafeMutableRawPointer(target + done)
                    .storeBytes(of: SIMD8(repeating: lastIndex), as: SIMD8<UInt32>.self)
            } else {
                for position in done..<end {
                    last = unsafe source.loadUnaligned(fromByteOffset: position &* size, as: T.self)
                    lastIndex = index(of: last)
                    unsafe target[position] = lastIndex
                }
            }
            done = end
        }
    }

    @inline(__always)
    private func index<T: FixedWidthInteger & BitwiseCopyable>(of value: T) -> UInt32 {
        if needsRoom { growNumbers(T.self) }
        let table = unsafe slots.base.assumingMemoryBound(to: UInt32.self)
        let known = unsafe values.base.assumingMemoryBound(to: T.self)
        let mask = 1 &<< slotBits &- 1
        var slot = slot(of: UInt64(truncatingIfNeeded: value) &* Self.multiplier)
        while true {
            let entry = unsafe table[slot]
            if entry == 0 {
                values.appendLittleEndian(value)
                return unsafe take(&table[slot])
            }
            if unsafe known[Int(entry &- 1)] == value { return entry &- 1 }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(never)
    private func growNumbers<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) {
        clearSlots()
        let known = unsafe values.base.assumingMemoryBound(to: T.self)
        for index in 0..<count {
            unsafe place(index, hash: UInt64(truncatingIfNeeded: known[index]) &* Self.multiplier)
        }
    }

    // MARK: - Bytes

    private func encodeByteArrays(
        _ source: UnsafeRawPointer,
        _ valueCount: Int,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        var position = unsafe source
        for index in 0..<valueCount {
            let length = unsafe Int(position.loadUnaligned(as: UInt32.self))
            unsafe target[index] = unsafe self.index(of: position + 4, length, prefixByteCount: 4)
            unsafe position += 4 &+ length
        }
    }

    private func encodeFixed(
        _ source: UnsafeRawPointer,
        _ valueCount: Int,
        width: Int,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        for index in 0..<valueCount {
            unsafe target[index] = unsafe self.index(of: source + index &* width, width, prefixByteCount: 0)
        }
    }

    @inline(__always)
    private func index(of start: UnsafeRawPointer, _ length: Int, prefixByteCount: Int) -> UInt32 {
        if needsRoom { growBytes() }
        let head = unsafe Self.word(start, length)
        let hash = unsafe Self.hash(start, length, head: head)
        let table = unsafe slots.base.assumingMemoryBound(to: UInt32.self)
        let known = unsafe entries.base.assumingMemoryBound(to: Entry.self)
        let mask = 1 &<< slotBits &- 1
        var slot = slot(of: hash)
        while true {
            let entry = unsafe table[slot]
            if entry == 0 {
                unsafe insert(start, length, head: head, hash: hash, prefixByteCount: prefixByteCount)
                return unsafe take(&table[slot])
            }
            let candidate = unsafe known[Int(entry &- 1)]
            if candidate.head == head, Int(candidate.length) == length {
                if length <= 8 { return entry &- 1 }
                if candidate.hash == hash, unsafe equalBytes(values.base + Int(candidate.offset), start, length) {
                    return entry &- 1
                }
            }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(never)
    private func insert(_ start: UnsafeRawPointer, _ length: Int, head: UInt64, hash: UInt64, prefixByteCount: Int) {
        let entry = Entry(
            head: head,
            offset: UInt32(truncatingIfNeeded: values.count + prefixByteCount),
            length: UInt32(truncatingIfNeeded: length),
            hash: hash
        )
        let size = MemoryLayout<Entry>.stride
        unsafe entries.reserve(size).storeBytes(of: entry, as: Entry.self)
        entries.advance(by: size)
        unsafe values.append(UnsafeRawBufferPointer(start: start - prefixByteCount, count: length + prefixByteCount))
    }

    @inline(never)
    private func growBytes() {
        clearSlots()
        let known = unsafe entries.base.assumingMemoryBound(to: Entry.self)
        for index in 0..<count { unsafe place(index, hash: known[index].hash) }
    }

    /// The first eight bytes, padded with zeros; buffers have slack, so the load may pass the value's end.
    @inline(__always)
    private static func word(_ start: UnsafeRawPointer, _ length: Int) -> UInt64 {
        let word = unsafe UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
        return length >= 8 ? word : word & (1 &<< (UInt64(truncatingIfNeeded: length) &* 8) &- 1)
    }

    /// Multiplies and folds eight bytes at a time.
    @inline(__always)
    private static func hash(_ start: UnsafeRawPointer, _ length: Int, head: UInt64) -> UInt64 {
        var state = (head ^ UInt64(truncatingIfNeeded: length)) &* multiplier
        var position = 8
        while position < length {
            let word = unsafe word(start + position, length &- position)
            state = (state ^ state &>> 32 ^ word) &* multiplier
            position &+= 8
        }
        return state
    }

    // MARK: - Slots

    /// Whether the table is too full to take another value; true of a table that does not exist yet.
    @inline(__always)
    private var needsRoom: Bool {
        let used = slotBits <= Self.sparseSlotBits ? count &<< 2 : count &<< 1
        return used >= 1 &<< slotBits &- 1
    }

    @inline(__always)
    private func slot(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash &>> UInt64(truncatingIfNeeded: 64 &- slotBits))
    }

    /// Gives the newest value its slot.
    ///
    /// - Returns: Its index.
    @inline(__always)
    private func take(_ slot: inout UInt32) -> UInt32 {
        count &+= 1
        slot = UInt32(truncatingIfNeeded: count)
        return slot &- 1
    }

    /// Doubles the table and empties it.
    private func clearSlots() {
        slotBits = slotBits == 0 ? Self.initialSlotBits : slotBits + 1
        let byteCount = 4 << slotBits
        slots.removeAll()
        unsafe slots.reserve(byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        slots.advance(by: byteCount)
    }

    /// Puts a value that is known to be new into the table.
    @inline(__always)
    private func place(_ index: Int, hash: UInt64) {
        let table = unsafe slots.base.assumingMemoryBound(to: UInt32.self)
        let mask = 1 &<< slotBits &- 1
        var slot = slot(of: hash)
        while unsafe table[slot] != 0 { slot = (slot &+ 1) & mask }
        unsafe table[slot] = UInt32(truncatingIfNeeded: index &+ 1)
    }
}

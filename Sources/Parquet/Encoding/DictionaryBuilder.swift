import Bytes
import Columnar

/// The distinct values of a column chunk, in the order of their first occurrence.
///
/// An open-addressing table maps a value to its index. Its slots hold index + 1, so that 0 means empty.
final class DictionaryBuilder {
    /// The distinct values in PLAIN layout: the dictionary page's body.
    let values = ByteBuffer()
    /// The number of distinct values.
    private(set) var count = 0

    private let physicalType: PhysicalType
    /// Where each value begins in `values`; only for values that have no fixed width.
    private let offsets = ByteBuffer()
    /// The hashes, so that growing the table reads no values.
    private let hashes = ByteBuffer()
    private let slots = ByteBuffer()
    private var slotCount = 0

    private static let initialSlotCount = 64
    private static let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15

    init(physicalType: PhysicalType) {
        self.physicalType = physicalType
    }

    /// The bytes of memory held.
    var allocatedByteCount: Int { values.capacity + offsets.capacity + hashes.capacity + slots.capacity }

    /// Forgets all values.
    func removeAll() {
        count = 0
        values.removeAll()
        offsets.removeAll()
        hashes.removeAll()
        slotCount = 0
    }

    /// Appends the index of each value to `indexes`, taking new values in.
    ///
    /// - Parameters:
    ///   - source: `valueCount` values in PLAIN layout.
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
        switch physicalType {
        case .byteArray:
            let offset = unsafe Int(offsets.base.load(fromByteOffset: index * 4, as: UInt32.self))
            let length = unsafe Int(values.base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            return unsafe UnsafeRawBufferPointer(start: values.base + offset + 4, count: length)
        default:
            let width = physicalType.byteWidth ?? 0
            return unsafe UnsafeRawBufferPointer(start: values.base + index * width, count: width)
        }
    }

    private func encode<T: FixedWidthInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer,
        _ valueCount: Int,
        as type: T.Type,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        let size = MemoryLayout<T>.size
        if slotCount == 0 { grow() }
        var table = unsafe slots.base.assumingMemoryBound(to: UInt32.self)
        var entries = unsafe UnsafeRawPointer(values.base)
        var mask = slotCount &- 1
        for index in 0..<valueCount {
            let value = unsafe source.loadUnaligned(fromByteOffset: index &* size, as: T.self)
            // Runs are common: dates, constants, sorted keys.
            if index > 0, unsafe source.loadUnaligned(fromByteOffset: (index &- 1) &* size, as: T.self) == value {
                unsafe target[index] = unsafe target[index &- 1]
                continue
            }
            let hash = Self.finish(UInt64(truncatingIfNeeded: value) &* Self.multiplier)
            var slot = Int(truncatingIfNeeded: hash) & mask
            while true {
                let entry = unsafe table[slot]
                if entry == 0 {
                    unsafe target[index] = UInt32(truncatingIfNeeded: count)
                    count &+= 1
                    unsafe table[slot] = UInt32(truncatingIfNeeded: count)
                    values.appendLittleEndian(value)
                    hashes.appendLittleEndian(hash)
                    if count &* 2 >= slotCount { grow() }
                    unsafe table = unsafe slots.base.assumingMemoryBound(to: UInt32.self)
                    unsafe entries = unsafe UnsafeRawPointer(values.base)
                    mask = slotCount &- 1
                    break
                }
                if unsafe entries.loadUnaligned(fromByteOffset: Int(entry &- 1) &* size, as: T.self) == value {
                    unsafe target[index] = entry &- 1
                    break
                }
                slot = (slot &+ 1) & mask
            }
        }
    }

    private func encodeByteArrays(
        _ source: UnsafeRawPointer,
        _ valueCount: Int,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        var position = unsafe source
        for index in 0..<valueCount {
            let length = unsafe Int(position.loadUnaligned(as: UInt32.self))
            let start = unsafe position + 4
            unsafe target[index] = unsafe find(start, length) { dictionary in
                dictionary.offsets.appendLittleEndian(UInt32(truncatingIfNeeded: dictionary.values.count))
                unsafe dictionary.values.append(UnsafeRawBufferPointer(start: position, count: length &+ 4))
            }
            unsafe position = unsafe start + length
        }
    }

    private func encodeFixed(
        _ source: UnsafeRawPointer,
        _ valueCount: Int,
        width: Int,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        for index in 0..<valueCount {
            let start = unsafe source + index &* width
            unsafe target[index] = unsafe find(start, width) { dictionary in
                unsafe dictionary.values.append(UnsafeRawBufferPointer(start: start, count: width))
            }
        }
    }

    @inline(__always)
    private func find(_ start: UnsafeRawPointer, _ length: Int, insert: (DictionaryBuilder) -> Void) -> UInt32 {
        let hash = unsafe Self.hash(start, length)
        if count &* 2 >= slotCount { grow() }
        let table = unsafe slots.base.assumingMemoryBound(to: UInt32.self)
        let known = unsafe hashes.base.assumingMemoryBound(to: UInt32.self)
        let mask = slotCount &- 1
        var slot = Int(hash) & mask
        while true {
            let entry = unsafe table[slot]
            if entry == 0 {
                insert(self)
                hashes.appendLittleEndian(hash)
                count &+= 1
                unsafe table[slot] = UInt32(truncatingIfNeeded: count)
                return UInt32(truncatingIfNeeded: count &- 1)
            }
            if unsafe known[Int(entry &- 1)] == hash {
                let value = unsafe value(at: Int(entry &- 1))
                if value.count == length, unsafe equalBytes(value.baseAddress, start, length) { return entry &- 1 }
            }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(never)
    private func grow() {
        slotCount = max(Self.initialSlotCount, slotCount * 2)
        slots.removeAll()
        unsafe slots.reserve(slotCount * 4).initializeMemory(as: UInt8.self, repeating: 0, count: slotCount * 4)
        slots.advance(by: slotCount * 4)
        let table = unsafe slots.base.assumingMemoryBound(to: UInt32.self)
        let known = unsafe hashes.base.assumingMemoryBound(to: UInt32.self)
        let mask = slotCount - 1
        for index in 0..<count {
            var slot = unsafe Int(known[index]) & mask
            while unsafe table[slot] != 0 { slot = (slot + 1) & mask }
            unsafe table[slot] = UInt32(index + 1)
        }
    }

    @inline(__always)
    private static func finish(_ mixed: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (mixed ^ (mixed >> 29)) >> 16)
    }

    /// Multiplies and folds eight bytes at a time; buffers have slack, so the last load may pass the value's end.
    @inline(__always)
    private static func hash(_ start: UnsafeRawPointer, _ length: Int) -> UInt32 {
        var state = UInt64(truncatingIfNeeded: length) &* multiplier
        var position = 0
        while position &+ 8 <= length {
            state = unsafe (state ^ start.loadUnaligned(fromByteOffset: position, as: UInt64.self)) &* multiplier
            state ^= state >> 32
            position &+= 8
        }
        if position < length {
            let word = unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let used = UInt64(truncatingIfNeeded: length &- position) &* 8
            state = (state ^ (word & ((1 &<< used) &- 1))) &* multiplier
        }
        return finish(state)
    }
}

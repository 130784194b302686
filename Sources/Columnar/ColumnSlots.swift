import Bytes

/// Random access to the slots of a column.
///
/// Values have no fixed place where NULLs and lengths vary. One walk over the column finds all places and keeps them, in
/// four bytes a value (eight in columns beyond 4 GiB) and one bit a slot; where every slot is a value of the same width
/// there is nothing to keep. To take ranges from front to back, ``ColumnCursor`` keeps nothing at all.
public struct ColumnSlots {
    /// The column that is read; it must not change meanwhile.
    public let column: Column

    /// The slots for which the number of values before them is kept: as many as a word of the bitmap has.
    private static let stride = 64

    /// How many values lie before each ``stride``th slot; empty where every slot holds one.
    private let valueCounts: [Int]
    private let places: Places
    private let children: [ColumnSlots]

    /// Where the values begin: in bytes, or for a list or map in slots of its children.
    private enum Places {
        /// Each value is so wide.
        case even(Int)
        /// The place of each value, and the place past the last.
        case narrow([UInt32])
        case wide([Int])

        /// The place of a value, or the one past the last.
        func start(of value: Int) -> Int {
            switch self {
            case .even(let width): value &* width
            case .narrow(let starts): Int(starts[value])
            case .wide(let starts): starts[value]
            }
        }
    }

    /// Finds the places of all values, nested ones included.
    ///
    /// - Complexity: O(`slotCount`), nested slots included.
    public init(_ column: Column) {
        self.column = column
        valueCounts = Self.valueCounts(column.validity)
        let count = column.validity.valueCount
        switch column.type {
        case .leaf(let physicalType, _):
            if let width = physicalType.byteWidth {
                places = .even(width)
            } else {
                places = Self.places(count, end: column.values.count) { index, start in
                    start &+ 4 &+ Self.length(column, at: start)
                }
            }
        case .list, .map:
            places = Self.places(count, end: column.children[0].slotCount) { index, start in
                start &+ Self.length(column, at: index &* 4)
            }
        case .structure: places = .even(1)
        }
        children = column.children.map { ColumnSlots($0) }
    }

    /// Appends a copy of one slot to a column of the same type, with everything that is nested in it.
    ///
    /// - Precondition: There is such a slot.
    /// - Complexity: O(1) but for the bytes and the nested slots.
    public func copy(_ slot: Int, to target: Column) {
        guard case .leaf(let physicalType, _) = column.type else { return copy(slot..<slot + 1, to: target) }
        guard isValue(slot) else { return target.appendNulls(1) }
        let value = valueIndex(slot)
        let start = places.start(of: value)
        let end = physicalType.byteWidth.map { start &+ $0 } ?? places.start(of: value &+ 1)
        unsafe target.values.append(bytes(start..<end))
        target.validity.appendValues(1)
    }

    /// Appends copies of slots that follow one another to a column of the same type, with everything that is nested in
    /// them.
    ///
    /// - Precondition: There are such slots.
    /// - Complexity: O(1) but for the bytes, the bits and the nested slots.
    public func copy(_ slots: Range<Int>, to target: Column) {
        precondition(slots.lowerBound >= 0 && slots.upperBound <= column.slotCount, "there are no such slots")
        let values = valueIndex(slots.lowerBound)..<valueIndex(slots.upperBound)
        target.validity.append(column.validity, from: slots.lowerBound, count: slots.count)
        let nested = places.start(of: values.lowerBound)..<places.start(of: values.upperBound)
        switch column.type {
        case .leaf: unsafe target.values.append(bytes(nested))
        case .list, .map: unsafe target.values.append(bytes(values.lowerBound &* 4..<values.upperBound &* 4))
        case .structure: break
        }
        for (child, below) in zip(children, target.children) { child.copy(nested, to: below) }
    }

    /// Calls a closure with the bytes of a slot of a column of single values.
    ///
    /// - Parameters:
    ///   - slot: Which slot.
    ///   - body: Is given the bytes, without the length that stands before those of variable width, or nil for NULL; it
    ///     must not keep them.
    /// - Returns: What the closure returns.
    /// - Throws: What the closure throws.
    /// - Precondition: There is such a slot, and the column is a leaf.
    /// - Complexity: O(1).
    @inlinable
    public func withValue<Result>(
        at slot: Int,
        _ body: (UnsafeRawBufferPointer?) throws -> Result
    ) rethrows -> Result {
        unsafe try body(value(at: slot))
    }

    /// Whether the slot holds a value.
    ///
    /// - Precondition: There is such a slot.
    public func isValue(_ slot: Int) -> Bool {
        precondition(slot >= 0 && slot < column.slotCount, "there is no such slot")
        return column.validity.isValue(at: slot)
    }

    @usableFromInline
    func value(at slot: Int) -> UnsafeRawBufferPointer? {
        guard case .leaf(let physicalType, _) = column.type else { preconditionFailure("the column is no leaf") }
        guard isValue(slot) else { return nil }
        let value = valueIndex(slot)
        let start = places.start(of: value)
        if let width = physicalType.byteWidth { return unsafe bytes(start..<start &+ width) }
        return unsafe bytes(start &+ 4..<places.start(of: value &+ 1))
    }

    /// How many values lie before the slot, or before the end.
    private func valueIndex(_ slot: Int) -> Int {
        guard !valueCounts.isEmpty else { return slot }
        let start = slot & ~(Self.stride &- 1)
        return valueCounts[slot / Self.stride] &+ column.validity.valueCount(from: start, count: slot &- start)
    }

    private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: column.values.bytes[range])
    }

    private static func valueCounts(_ validity: borrowing Validity) -> [Int] {
        guard validity.nullCount > 0 else { return [] }
        var counts: [Int] = []
        counts.reserveCapacity(validity.slotCount / stride + 1)
        var count = 0
        for start in Swift.stride(from: 0, through: validity.slotCount, by: stride) {
            counts.append(count)
            count += validity.valueCount(from: start, count: min(stride, validity.slotCount - start))
        }
        return counts
    }

    private static func places(_ count: Int, end: Int, _ next: (_ index: Int, _ start: Int) -> Int) -> Places {
        func starts<Place: FixedWidthInteger>(_ type: Place.Type) -> [Place] {
            unsafe [Place](unsafeUninitializedCapacity: count + 1) { starts, initializedCount in
                var start = 0
                for index in 0..<count {
                    unsafe starts.initializeElement(at: index, to: Place(truncatingIfNeeded: start))
                    start = next(index, start)
                }
                unsafe starts.initializeElement(at: count, to: Place(truncatingIfNeeded: start))
                initializedCount = count + 1
            }
        }
        return end <= Int(UInt32.max) ? .narrow(starts(UInt32.self)) : .wide(starts(Int.self))
    }

    /// The length of a value, or the number of a list's entries.
    private static func length(_ column: Column, at offset: Int) -> Int {
        unsafe Int(UInt32(littleEndian: column.values.base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}

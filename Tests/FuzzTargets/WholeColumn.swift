import Bytes
public import Columnar

/// What must hold of a column that a reader returned, whatever file it came from.
public enum WholeColumn {
    /// Ends the process unless the column has as many values as its slots say, at every level.
    ///
    /// Every length is walked, so that the address sanitizer sees values that are not there.
    public static func check(_ column: Column, slotCount: Int) {
        precondition(column.slotCount == slotCount, "a column has another number of slots than its rows or its parent")
        let valueCount = column.validity.valueCount
        precondition(
            column.validity.valueCount(from: 0, count: slotCount) == valueCount,
            "the bitmap and the counts of a column contradict one another"
        )
        switch column.type {
        case .leaf(let physicalType, _): checkValues(column.values, physicalType, count: valueCount)
        case .structure: for child in column.children { check(child, slotCount: valueCount) }
        case .list, .map:
            precondition(column.values.count == valueCount * 4, "a list has no count, or one too many")
            let entryCount = (0..<valueCount).reduce(0) { $0 + length(column.values, at: $1 * 4) }
            for child in column.children { check(child, slotCount: entryCount) }
        }
    }

    /// Whether two columns have the same slots and values, byte for byte.
    public static func isEqual(_ one: Column, _ other: Column) -> Bool {
        one.type == other.type && one.slotCount == other.slotCount
            && one.validity.nullCount == other.validity.nullCount
            && (0..<one.slotCount).allSatisfy { one.validity.isValue(at: $0) == other.validity.isValue(at: $0) }
            && one.values.bytes.elementsEqual(other.values.bytes)
            && zip(one.children, other.children).allSatisfy(isEqual)
    }

    private static func checkValues(_ values: ByteBuffer, _ type: PhysicalType, count: Int) {
        if let width = type.byteWidth {
            precondition(values.count == count * width, "a leaf has another number of values than slots")
        }
        if type == .boolean { precondition(values.bytes.allSatisfy { $0 <= 1 }, "a boolean is neither true nor false") }
        guard type == .byteArray else { return }
        var position = 0
        for _ in 0..<count {
            precondition(values.count - position >= 4, "a value has no length")
            let length = length(values, at: position)
            precondition(length <= values.count - position - 4, "a value goes past the end")
            position += 4 + length
        }
        precondition(position == values.count, "bytes are left behind the last value")
    }

    private static func length(_ values: ByteBuffer, at position: Int) -> Int {
        Int(UInt32(littleEndian: values.bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
    }
}

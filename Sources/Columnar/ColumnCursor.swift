import Bytes

/// Takes slots from the front of a column, one range after another.
///
/// Values have no fixed place where NULLs and lengths vary, so that only a walk from the front finds them: a cursor
/// makes many ranges of one column cost one walk.
public struct ColumnCursor {
    /// The column that is read; it must not change meanwhile.
    public let column: Column
    /// The next slot.
    public private(set) var slot = 0

    /// Where the next value begins among the values, in bytes.
    private var offset = 0
    private var children: [ColumnCursor]

    /// Starts before the first slot.
    public init(_ column: Column) {
        self.column = column
        children = column.children.map { ColumnCursor($0) }
    }

    /// How many slots are left.
    public var remainingCount: Int { column.slotCount - slot }

    /// Passes over slots.
    ///
    /// - Precondition: So many are left.
    /// - Complexity: O(`count`) for values of variable length, lists and NULLs, else O(1).
    public mutating func skip(_ count: Int) {
        move(count, to: nil)
    }

    /// Appends copies of the next slots to a column of the same type.
    ///
    /// - Precondition: So many are left.
    /// - Complexity: O(`count`).
    public mutating func copy(_ count: Int, to target: Column) {
        move(count, to: target)
    }

    private mutating func move(_ count: Int, to target: Column?) {
        precondition(count >= 0 && count <= remainingCount, "there are not so many slots")
        let valueCount = column.validity.valueCount(from: slot, count: count)
        let start = offset
        var entryCount = valueCount
        switch column.type {
        case .leaf(let physicalType, _):
            if let width = physicalType.byteWidth {
                offset += valueCount * width
            } else {
                for _ in 0..<valueCount { offset &+= 4 &+ Int(length(at: offset)) }
            }
        case .list, .map:
            entryCount = 0
            for index in 0..<valueCount { entryCount &+= Int(length(at: start &+ index &* 4)) }
            offset += valueCount * 4
        case .structure: break
        }
        if let target {
            target.validity.append(column.validity, from: slot, count: count)
            if offset > start {
                unsafe target.values.append(
                    UnsafeRawBufferPointer(start: column.values.base + start, count: offset - start)
                )
            }
        }
        for index in children.indices {
            let below = target?.children[index]
            children[index].move(entryCount, to: below)
        }
        slot += count
    }

    /// The length of a value, or the number of a list's entries.
    private func length(at offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: column.values.base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

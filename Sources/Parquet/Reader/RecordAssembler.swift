import Bytes
import Columnar

/// Turns the levels of leaves back into the nesting of a column: the reverse of ``LevelShredder``.
///
/// Each node is filled on its own, from the levels of any leaf below it. Leaves of one node must agree on how many
/// slots it has; that is checked, as files may claim otherwise.
struct RecordAssembler {
    /// By the leaf's number.
    let entries: [Int: LeafEntries]

    /// Fills the validity and the entry counts of the column and of all below it.
    ///
    /// - Parameters:
    ///   - column: Its leaves have their values already.
    ///   - shape: The shape that the column's type is of.
    /// - Throws: ``ParquetReadError`` if the levels describe no such column.
    func assemble(_ column: Column, _ shape: RecordShape) throws(ParquetReadError) {
        guard let leaf = shape.anyLeaf, let entries = entries[leaf.index] else { return }
        switch shape.kind {
        case .leaf: fillSlots(of: column, shape, entries) { _ in true }
        case .structure:
            fillSlots(of: column, shape, entries) { entries.repetition($0) <= shape.repetitionLevel }
            try assembleChildren(of: column, shape, slotCount: column.validity.valueCount)
        case .entries:
            let entryCount = try fillEntries(of: column, shape, entries)
            try assembleChildren(of: column, shape, slotCount: entryCount)
        }
    }

    private func assembleChildren(of column: Column, _ shape: RecordShape, slotCount: Int) throws(ParquetReadError) {
        for (child, childShape) in zip(column.children, shape.children) {
            try assemble(child, childShape)
            guard child.slotCount == slotCount else {
                throw ParquetReadError(
                    .malformed,
                    "The levels of its leaves contradict one another: \(child.slotCount) entries instead of \(slotCount)."
                )
            }
        }
    }

    private func fillSlots(
        of column: Column,
        _ shape: RecordShape,
        _ entries: LeafEntries,
        isNewSlot: (Int) -> Bool
    ) {
        if shape.valueLevel == 0, entries.leaf.maxRepetitionLevel == shape.repetitionLevel {
            return column.validity.appendValues(entries.entryCount)
        }
        var flags = Flags()
        for entry in 0..<entries.entryCount {
            let definition = entries.definition(entry)
            guard definition >= shape.slotLevel, isNewSlot(entry) else { continue }
            flags.append(definition >= shape.valueLevel, to: &column.validity)
        }
        flags.flush(to: &column.validity)
    }

    /// Fills a list or map.
    ///
    /// - Returns: How many entries all of its lists have together.
    private func fillEntries(
        of column: Column,
        _ shape: RecordShape,
        _ entries: LeafEntries
    ) throws(ParquetReadError) -> Int {
        var flags = Flags()
        var total = 0
        /// The entries of the list that is being read; `nil` where there is none, or it has no entry.
        var open: UInt32?
        for entry in 0..<entries.entryCount {
            let repetition = entries.repetition(entry)
            let definition = entries.definition(entry)
            if repetition > shape.repetitionLevel {
                guard let count = open, definition >= shape.entryLevel, count < .max else {
                    throw ParquetReadError(.malformed, "Its levels go on with a list that has no entries.")
                }
                if repetition == shape.repetitionLevel + 1 {
                    open = count + 1
                    total += 1
                }
                continue
            }
            if let count = open { column.values.appendLittleEndian(count) }
            open = nil
            guard definition >= shape.slotLevel else { continue }
            flags.append(definition >= shape.valueLevel, to: &column.validity)
            if definition >= shape.entryLevel {
                open = 1
                total += 1
            } else if definition >= shape.valueLevel {
                column.values.appendLittleEndian(UInt32(0))
            }
        }
        if let count = open { column.values.appendLittleEndian(count) }
        flags.flush(to: &column.validity)
        return total
    }
}

/// Slots on their way to a validity, which takes many at a time.
private struct Flags {
    private static let capacity = 1_024

    private let bytes = ByteBuffer(capacity: Flags.capacity)
    private var valueCount = 0

    mutating func append(_ isValue: Bool, to validity: inout Validity) {
        bytes.append(isValue ? 1 : 0)
        valueCount += isValue ? 1 : 0
        if bytes.count == Flags.capacity { flush(to: &validity) }
    }

    mutating func flush(to validity: inout Validity) {
        guard bytes.count > 0 else { return }
        let flags = unsafe UnsafePointer(bytes.base.assumingMemoryBound(to: UInt8.self))
        unsafe validity.append(flags: flags, count: bytes.count, valueCount: valueCount)
        bytes.removeAll()
        valueCount = 0
    }
}

import Bytes
import Columnar

/// Turns the levels of leaves back into the nesting of a column: the reverse of ``LevelShredder``.
///
/// Each node is filled on its own, from the levels of any leaf below it. Leaves of one node must agree on how many
/// slots it has; that is checked, as files may claim otherwise. Nothing in the loops depends on a level but sums: what
/// a branch would cost for lists of random lengths is more than all the rest.
struct RecordAssembler {
    /// By the leaf's number.
    let entries: [Int: LeafEntries]
    let scratch: ReadScratch

    /// Fills the validity and the entry counts of the column and of all below it.
    ///
    /// - Parameters:
    ///   - column: Its leaves have their values already.
    ///   - shape: The shape that the column's type is of.
    /// - Throws: ``ParquetReadError`` if the levels describe no such column.
    func assemble(_ column: Column, _ shape: RecordShape) throws(ParquetReadError) {
        guard let leaf = shape.anyLeaf, let entries = entries[leaf.index] else { return }
        // A count of a list has 32 bits.
        guard entries.entryCount < UInt32.max else {
            throw ParquetReadError(.tooLarge, "The column has \(entries.entryCount) entries.")
        }
        switch shape.kind {
        case .leaf: fillSlots(of: column, shape, entries)
        case .structure:
            fillSlots(of: column, shape, entries)
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

    private func fillSlots(of column: Column, _ shape: RecordShape, _ entries: LeafEntries) {
        if shape.valueLevel == 0, entries.leaf.maxRepetitionLevel == shape.repetitionLevel {
            return column.validity.appendValues(entries.entryCount)
        }
        if entries.isFlat {
            // Of the two levels that there are, the node has both, or the greater one alone.
            if shape.slotLevel == 0 {
                column.validity = entries.validity
            } else {
                column.validity.appendValues(entries.valueCount)
            }
            return
        }
        let levels = Levels(entries, shape, scratch)
        let flags = unsafe flags(entries.entryCount)
        var slotCount = 0
        var valueCount = 0
        for entry in 0..<entries.entryCount {
            let (isSlot, isValue) = levels.slot(entry)
            unsafe flags[slotCount] = isValue
            slotCount &+= Int(isSlot)
            valueCount &+= Int(isSlot & isValue)
        }
        unsafe column.validity.append(flags: flags, count: slotCount, valueCount: valueCount)
    }

    /// Fills a list or map.
    ///
    /// - Returns: How many entries all of its lists have together.
    private func fillEntries(
        of column: Column,
        _ shape: RecordShape,
        _ entries: LeafEntries
    ) throws(ParquetReadError) -> Int {
        let levels = Levels(entries, shape, scratch)
        let flags = unsafe flags(entries.entryCount)
        // One more, before the first: entries of no list are counted there, and are an error.
        scratch.counts.removeAll()
        let room = unsafe scratch.counts.reserve((entries.entryCount + 1) * 4)
        let counts = unsafe room.assumingMemoryBound(to: UInt32.self)
        unsafe counts[0] = 0
        var slotCount = 0
        var listCount = 0
        var total = 0
        /// Whether the list that is being read has an entry.
        var isOpen: UInt8 = 0
        var isDamaged: UInt8 = 0
        for entry in 0..<entries.entryCount {
            let (isSlot, isValue) = levels.slot(entry)
            unsafe flags[slotCount] = isValue
            slotCount &+= Int(isSlot)
            let isList = isSlot & isValue
            listCount &+= Int(isList)
            let former = unsafe counts[listCount]
            let (isEntry, isStart, isFilled) = levels.entry(entry)
            isDamaged |= (1 &- isStart) & (1 &- (isOpen & isFilled))
            isOpen = (isStart & isFilled) | ((1 &- isStart) & isOpen)
            unsafe counts[listCount] = (isList == 1 ? 0 : former) &+ UInt32(isEntry)
            total &+= Int(isEntry)
        }
        guard isDamaged == 0 else {
            throw ParquetReadError(.malformed, "Its levels go on with a list that has no entries.")
        }
        unsafe column.values.append(UnsafeRawBufferPointer(start: counts + 1, count: listCount * 4))
        unsafe column.validity.append(flags: flags, count: slotCount, valueCount: listCount)
        return total
    }

    private func flags(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        scratch.flags.removeAll()
        return unsafe scratch.flags.reserve(count + 1).assumingMemoryBound(to: UInt8.self)
    }
}

/// The levels of a leaf's entries, as one node above it sees them.
@safe
private struct Levels {
    private let definitions: UnsafePointer<UInt8>
    private let repetitions: UnsafePointer<UInt8>
    /// 0 where the leaf has no such levels, so that one byte is read again and again.
    private let definitionStep: Int
    private let repetitionStep: Int
    private let slotLevel: UInt8
    private let valueLevel: UInt8
    private let entryLevel: UInt8
    private let repetitionLevel: UInt8

    /// Valid as long as the entries and the scratch are not written to.
    init(_ entries: LeafEntries, _ shape: RecordShape, _ scratch: ReadScratch) {
        let zero = unsafe UnsafePointer(scratch.zero.base.assumingMemoryBound(to: UInt8.self))
        let hasDefinitions = entries.definitionLevels.count > 0
        let hasRepetitions = entries.repetitionLevels.count > 0
        unsafe definitions =
            hasDefinitions ? UnsafePointer(entries.definitionLevels.base.assumingMemoryBound(to: UInt8.self)) : zero
        unsafe repetitions =
            hasRepetitions ? UnsafePointer(entries.repetitionLevels.base.assumingMemoryBound(to: UInt8.self)) : zero
        definitionStep = hasDefinitions ? 1 : 0
        repetitionStep = hasRepetitions ? 1 : 0
        slotLevel = UInt8(truncatingIfNeeded: shape.slotLevel)
        valueLevel = UInt8(truncatingIfNeeded: shape.valueLevel)
        entryLevel = UInt8(truncatingIfNeeded: shape.entryLevel)
        repetitionLevel = UInt8(truncatingIfNeeded: shape.repetitionLevel)
    }

    /// Whether the entry begins a slot of the node, and whether that would be a value; 1 for yes.
    @inline(__always)
    func slot(_ entry: Int) -> (isSlot: UInt8, isValue: UInt8) {
        let definition = unsafe definitions[entry &* definitionStep]
        let repetition = unsafe repetitions[entry &* repetitionStep]
        let isSlot: UInt8 = definition >= slotLevel ? 1 : 0
        return (isSlot & (repetition <= repetitionLevel ? 1 : 0), definition >= valueLevel ? 1 : 0)
    }

    /// Whether it is an entry of a list, whether it begins one, and whether that list has entries; 1 for yes.
    @inline(__always)
    func entry(_ entry: Int) -> (isEntry: UInt8, isStart: UInt8, isFilled: UInt8) {
        let definition = unsafe definitions[entry &* definitionStep]
        let repetition = unsafe repetitions[entry &* repetitionStep]
        let isFilled: UInt8 = definition >= entryLevel ? 1 : 0
        return (
            isFilled & (repetition <= repetitionLevel &+ 1 ? 1 : 0), repetition <= repetitionLevel ? 1 : 0, isFilled
        )
    }
}

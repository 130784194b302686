import Bytes
import Columnar

/// Turns the nesting of a column into definition and repetition levels, one pair for each entry of a leaf.
///
/// Parquet documentation, "Nested Encoding": an entry's repetition level says at which list it continues, its
/// definition level how much of its path exists.
final class LevelShredder {
    /// One byte an entry.
    let definitionLevels = ByteBuffer()
    /// One byte an entry.
    let repetitionLevels = ByteBuffer()

    /// Replaces the levels by those of a leaf below `column`.
    ///
    /// - Returns: The column that holds the leaf's values.
    func shred(_ column: Column, leaf: LeafColumn) -> Column {
        definitionLevels.removeAll()
        repetitionLevels.removeAll()
        var values = column
        for step in leaf.steps { values = values.children[step.child] }
        if leaf.steps.count == 1, leaf.steps[0].isRepeated {
            shredOneLevel(column, entries: values, leaf: leaf)
            return values
        }
        var cursors = [Cursor](repeating: Cursor(), count: leaf.steps.count + 1)
        for _ in 0..<column.slotCount {
            emit(column, leaf: leaf, depth: 0, lists: 0, repetition: 0, definition: 0, cursors: &cursors)
        }
        return values
    }

    /// The levels of a list or map of leaves, which is what nearly every nested column is.
    private func shredOneLevel(_ column: Column, entries: Column, leaf: LeafColumn) {
        let capacity = column.slotCount + entries.slotCount
        let definitions = unsafe definitionLevels.reserve(capacity).assumingMemoryBound(to: UInt8.self)
        let repetitions = unsafe repetitionLevels.reserve(capacity).assumingMemoryBound(to: UInt8.self)
        let counts = unsafe column.values.base.assumingMemoryBound(to: UInt32.self)
        let empty: UInt8 = leaf.isNullable ? 1 : 0
        let missing = empty + 1
        let slots = unsafe column.validity.bitmap?.assumingMemoryBound(to: UInt8.self)
        let elements = unsafe entries.validity.bitmap?.assumingMemoryBound(to: UInt8.self)
        let present = UInt8(leaf.maxDefinitionLevel)
        var written = 0
        var value = 0
        var entry = 0
        for slot in 0..<column.slotCount {
            unsafe repetitions[written] = 0
            guard unsafe Self.isValue(slots, slot) else {
                unsafe definitions[written] = 0
                written &+= 1
                continue
            }
            let count = unsafe Int(counts[value])
            value &+= 1
            guard count > 0 else {
                unsafe definitions[written] = empty
                written &+= 1
                continue
            }
            for index in 0..<count {
                unsafe repetitions[written] = index == 0 ? 0 : 1
                unsafe definitions[written] = Self.isValue(elements, entry) ? present : missing
                written &+= 1
                entry &+= 1
            }
        }
        definitionLevels.advance(by: written)
        repetitionLevels.advance(by: written)
    }

    /// Whether the bitmap, if there is one, has a value in the slot.
    @inline(__always)
    private static func isValue(_ bitmap: UnsafePointer<UInt8>?, _ slot: Int) -> Bool {
        guard let bitmap = unsafe bitmap else { return true }
        return unsafe bitmap[slot >> 3] &>> UInt8(truncatingIfNeeded: slot & 7) & 1 == 1
    }

    /// How far each level of the nesting has been read.
    private struct Cursor {
        var slot = 0
        var value = 0
    }

    /// Appends the entries of one slot; `lists` is how many lists and maps lie above it.
    private func emit(
        _ column: Column,
        leaf: LeafColumn,
        depth: Int,
        lists: UInt8,
        repetition: UInt8,
        definition: UInt8,
        cursors: inout [Cursor]
    ) {
        let slot = cursors[depth].slot
        cursors[depth].slot += 1
        let isNullable = depth == 0 ? leaf.isNullable : leaf.steps[depth - 1].isNullable
        guard column.validity.isValue(at: slot) else { return append(repetition, definition) }
        let present = definition + (isNullable ? 1 : 0)
        guard depth < leaf.steps.count else { return append(repetition, present) }
        let step = leaf.steps[depth]
        let child = column.children[step.child]
        guard step.isRepeated else {
            return emit(
                child,
                leaf: leaf,
                depth: depth + 1,
                lists: lists,
                repetition: repetition,
                definition: present,
                cursors: &cursors
            )
        }
        let count = unsafe column.values.base.loadUnaligned(fromByteOffset: cursors[depth].value * 4, as: UInt32.self)
        cursors[depth].value += 1
        guard count > 0 else { return append(repetition, present) }
        for index in 0..<count {
            emit(
                child,
                leaf: leaf,
                depth: depth + 1,
                lists: lists + 1,
                repetition: index == 0 ? repetition : lists + 1,
                definition: present + 1,
                cursors: &cursors
            )
        }
    }

    private func append(_ repetition: UInt8, _ definition: UInt8) {
        repetitionLevels.append(repetition)
        definitionLevels.append(definition)
    }
}

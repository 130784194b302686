import Bytes
import Columnar

/// The levels of one leaf in one row group; its values are in the column that it was read into.
final class LeafEntries {
    let leaf: SchemaLeaf
    /// One byte an entry; empty where the greatest level is 0.
    let definitionLevels = ByteBuffer()
    /// One byte an entry; empty where the greatest level is 0.
    let repetitionLevels = ByteBuffer()
    /// Values, NULLs and empty lists.
    var entryCount = 0
    /// Values.
    var valueCount = 0

    init(_ leaf: SchemaLeaf) {
        self.leaf = leaf
    }

    /// The definition level of an entry.
    @inline(__always)
    func definition(_ entry: Int) -> Int {
        leaf.maxDefinitionLevel == 0 ? 0 : unsafe Int(definitionLevels.bytes[entry])
    }

    /// The repetition level of an entry.
    @inline(__always)
    func repetition(_ entry: Int) -> Int {
        leaf.maxRepetitionLevel == 0 ? 0 : unsafe Int(repetitionLevels.bytes[entry])
    }
}

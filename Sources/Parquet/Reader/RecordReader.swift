import Bytes
import Columnar

/// Reads the rows of one column in one row group: its leaves, put together.
final class RecordReader {
    private let column: ColumnProjection
    private let rowGroup: Int
    private let scratch: ReadScratch
    private var leaves: [(leaf: SchemaLeaf, reader: LeafReader?)] = []

    /// Prepares to read the column from the first row on.
    ///
    /// - Parameters:
    ///   - column: The column, or the part of it that is wanted.
    ///   - file: The file.
    ///   - rowGroup: The number of the row group, which the file has.
    ///   - scratch: Shared by all that the thread reads.
    ///   - plan: How each leaf's pages are fetched.
    /// - Throws: ``ParquetReadError`` if a leaf cannot be read.
    init(
        _ column: ColumnProjection,
        _ file: ParquetFileReader,
        rowGroup: Int,
        scratch: ReadScratch,
        plan: (SchemaLeaf) -> LeafPlan
    ) throws(ParquetReadError) {
        self.column = column
        self.rowGroup = rowGroup
        self.scratch = scratch
        let group = file.metadata.rowGroups[rowGroup]
        for leaf in column.shape.leaves {
            do throws(ParquetReadError) {
                leaves.append((leaf, try file.leafReader(leaf, group, plan: plan(leaf), scratch: scratch)))
            } catch {
                throw error.at(place(leaf.path.joined(separator: ".")))
            }
        }
    }

    /// A column without rows.
    func emptyColumn() -> Column { Column(type: column.shape.type) }

    /// Reads the next rows, of which there are so many left.
    func take(_ count: Int) throws(ParquetReadError) -> Column {
        try take([(skipped: 0, taken: count)])
    }

    /// Reads the next rows, passing over some before each run of them.
    func take(_ runs: [(skipped: Int, taken: Int)]) throws(ParquetReadError) -> Column {
        let column = emptyColumn()
        var targets: [Column] = []
        Self.collect(column, self.column.shape, into: &targets)
        let rowCount = runs.reduce(0) { $0 + $1.taken }
        var entries: [Int: LeafEntries] = [:]
        var place = self.column.name
        do throws(ParquetReadError) {
            for ((leaf, reader), target) in zip(leaves, targets) {
                place = leaf.path.joined(separator: ".")
                let read = LeafEntries(leaf, values: target.values, expectedEntryCount: rowCount)
                for run in runs {
                    try reader?.skip(run.skipped)
                    try reader?.take(run.taken, into: read)
                }
                entries[leaf.index] = read
            }
            place = self.column.name
            try RecordAssembler(entries: entries, scratch: scratch).assemble(column, self.column.shape)
            guard column.slotCount == rowCount else {
                throw ParquetReadError(.malformed, "It has \(column.slotCount) rows instead of \(rowCount).")
            }
        } catch {
            throw error.at(self.place(place))
        }
        return column
    }

    private func place(_ name: String) -> String { "Row group \(rowGroup), column \(name)" }

    /// The leaves below a column, in the order of ``RecordShape/leaves``.
    private static func collect(_ column: Column, _ shape: RecordShape, into leaves: inout [Column]) {
        if case .leaf = shape.kind { return leaves.append(column) }
        for (child, childShape) in zip(column.children, shape.children) { collect(child, childShape, into: &leaves) }
    }
}

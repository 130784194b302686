import Columnar
import Parquet

/// Reads everything that a file has, as bytes of unknown origin are read.
public enum WholeFile {
    /// What a column may take in memory: little, so that a claim that is believed shows.
    static let columnByteCount = 1 << 20

    static var options: ReaderOptions {
        var options = ReaderOptions()
        // Nothing would get past them otherwise.
        options.verifiesChecksums = false
        options.maximumColumnByteCount = columnByteCount
        options.maximumFooterByteCount = 1 << 20
        return options
    }

    /// Reads every column of every row group; each is whole, or refused.
    ///
    /// - Returns: Whether nothing was refused.
    @discardableResult
    public static func read(_ file: [UInt8]) -> Bool {
        guard let reader = try? ParquetFileReader(MemoryByteSource(file), options: options) else { return false }
        var isComplete = true
        for index in 0..<reader.rowGroupCount {
            for leaf in reader.leaves { readIndexes(reader, index, leaf) }
            var columns: [Column] = []
            // One after another, as one that is refused hides those after it.
            for field in reader.schema.fields {
                guard let batch = try? reader.readRowGroup(index, columns: [field.name]) else {
                    isComplete = false
                    continue
                }
                columns += batch.columns
                for column in batch.columns {
                    precondition(
                        column.allocatedByteCount <= 2 * columnByteCount * nodeCount(column),
                        "a column takes more memory than the options allow"
                    )
                    WholeColumn.check(column, slotCount: reader.rowCount(ofRowGroup: index))
                }
                readParts(reader, index, field.name)
            }
            readPieces(file, reader, index, as: columns)
        }
        copy(file)
        return isComplete
    }

    /// Reads a row group from sources that hand out a little at a time, and everything at once: both must find what was
    /// found before.
    private static func readPieces(
        _ file: [UInt8],
        _ reader: ParquetFileReader,
        _ index: Int,
        as columns: [Column]
    ) {
        // Of columns of one name nobody knows which was meant.
        guard Set(reader.schema.fields.map(\.name)).count == reader.schema.fields.count else { return }
        let isComplete = columns.count == reader.schema.fields.count
        for byteCount in [13, .max] {
            let source = PieceByteSource(file: MemoryByteSource(file), preferredReadByteCount: byteCount)
            guard let other = try? ParquetFileReader(source, options: options) else {
                preconditionFailure("a file is opened at one time and not at another")
            }
            let batch = try? other.readRowGroup(index)
            precondition((batch != nil) == isComplete, "a row group is read in one way and not in another")
            guard let batch else { continue }
            precondition(
                zip(batch.columns, columns).allSatisfy(WholeColumn.isEqual),
                "a row group has other values when it is read in pieces"
            )
        }
    }

    /// Reads what is said of a leaf's values, and lets it speak of some rows.
    private static func readIndexes(_ reader: ParquetFileReader, _ index: Int, _ leaf: SchemaLeaf) {
        _ = reader.statistics(ofRowGroup: index, leaf: leaf)
        _ = try? reader.columnIndex(ofRowGroup: index, leaf: leaf)
        _ = try? reader.offsetIndex(ofRowGroup: index, leaf: leaf)
        _ = try? reader.bloomFilter(ofRowGroup: index, leaf: leaf)
        let name = leaf.path.joined(separator: ".")
        let filters: [RowFilter] = [
            .equal(name, 3), .greater(name, 3.5), .isIn(name, ["bc", "text"]), .isNull(name),
            .less(name, true) || .notEqual(name, 0),
        ]
        for filter in filters {
            guard let rows = try? reader.rowRanges(ofRowGroup: index, matching: filter) else { continue }
            let count = rows.reduce(0) { $0 + $1.count }
            guard let batch = try? reader.readRowGroup(index, columns: [name], rows: rows) else { continue }
            for column in batch.columns { WholeColumn.check(column, slotCount: count) }
        }
    }

    /// Reads some rows of a column, and all rows in batches.
    private static func readParts(_ reader: ParquetFileReader, _ index: Int, _ name: String) {
        let count = reader.rowCount(ofRowGroup: index)
        let (first, second) = (0..<min(2, count), count / 2..<count - count / 4)
        let parts = first.upperBound >= second.lowerBound ? [second] : [first, second]
        if let batch = try? reader.readRowGroup(index, columns: [name], rows: parts) {
            let wanted = parts.reduce(0) { $0 + $1.count }
            for column in batch.columns { WholeColumn.check(column, slotCount: wanted) }
        }
        guard let batches = try? reader.batches(ofRowGroup: index, columns: [name], maximumRowCount: 7) else { return }
        var read = 0
        while read < 1_000, let batch = try? batches.next() {
            for column in batch.columns { WholeColumn.check(column, slotCount: min(7, count - read)) }
            read += batch.rowCount
        }
    }

    /// Copies every row group twice into another file, as bytes; what could be read must come out of it again.
    public static func copy(_ file: [UInt8]) {
        guard let reader = try? ParquetFileReader(MemoryByteSource(file), options: options) else { return }
        // Of columns of one name nobody knows which is meant.
        guard Set(reader.leaves.map(\.path)).count == reader.leaves.count else { return }
        let sink = MemoryByteSink()
        guard let writer = try? ParquetFileWriter(schema: reader.schema, to: sink) else { return }
        var copied: [Int] = []
        for index in 0..<reader.rowGroupCount * 2 {
            guard (try? writer.append(rowGroup: index / 2, of: reader)) != nil else { continue }
            // One without rows is left out.
            if reader.rowCount(ofRowGroup: index / 2) > 0 { copied.append(index / 2) }
        }
        _ = writer.rowCount
        guard (try? writer.finish()) != nil, !copied.isEmpty else { return }
        guard let copy = try? ParquetFileReader(MemoryByteSource(sink.bytes), options: options) else {
            preconditionFailure("a file of copied row groups is not a file")
        }
        precondition(copy.rowGroupCount == copied.count, "a copied row group is lost")
        for (index, origin) in copied.enumerated() {
            guard let columns = try? reader.readRowGroup(origin).columns else { continue }
            guard let others = try? copy.readRowGroup(index).columns else {
                preconditionFailure("a copied row group cannot be read")
            }
            precondition(zip(columns, others).allSatisfy(WholeColumn.isEqual), "a copied row group has other values")
        }
    }

    /// The column and all below it: the options speak of each.
    private static func nodeCount(_ column: Column) -> Int { column.children.reduce(1) { $0 + nodeCount($1) } }
}

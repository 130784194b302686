import Bytes
public import Columnar

extension ParquetFileReader {
    /// Reads columns of a row group.
    ///
    /// A column may be read in part: `address.city` is the column `address` with the member `city` alone, and
    /// `items.price` the list `items` of structures that have the price alone. Names are those of the structures' members;
    /// lists add nothing to the path, maps `value`. The names that the file's schema has for the nodes in between
    /// (`items.list.element.price`) are understood as well. A column whose own name is the whole of it comes first.
    ///
    /// - Parameters:
    ///   - index: Which row group, from 0.
    ///   - columns: The names or paths of the columns, in the order wanted; paths into the same column become one column
    ///     in the place of the first of them. `nil` is all columns.
    /// - Returns: The columns, each with one slot for each row.
    /// - Throws: ``ParquetReadError``, whose message names row group, column and page. A column that the schema does
    ///   not have, and a row group beyond the last, are `malformed`.
    public func readRowGroup(_ index: Int, columns: [String]? = nil) throws(ParquetReadError) -> RowBatch {
        let group = try rowGroup(index)
        let rows = RowSelection([0..<group.rowCount])
        let scratch = ReadScratch()
        let window = ByteBuffer()
        let columns = try project(columns)
        let fetcher = fetcher(columns.flatMap(\.shape.leaves), group, indexes: [:], rows: rows)
        var read: [Column] = []
        for column in columns {
            let reader = try RecordReader(column, self, rowGroup: index, scratch: scratch) { _ in
                LeafPlan(fetcher: fetcher, window: window, index: nil, rows: rows)
            }
            read.append(try reader.take(group.rowCount))
        }
        return RowBatch(columns: read)
    }

    /// Reads some rows of a row group.
    ///
    /// Where the file has an offset index, only the pages with rows that are wanted are fetched; pages that lie closer
    /// together than ``ReaderOptions/maximumGapByteCount`` are fetched with one read. Elsewhere all pages are fetched,
    /// and those without a wanted row are not decoded.
    ///
    /// - Parameters:
    ///   - index: Which row group, from 0.
    ///   - columns: The names or paths of the columns, as in ``readRowGroup(_:columns:)``.
    ///   - rows: The rows wanted, counted from 0 within the row group; in any order, as they may overlap.
    /// - Returns: The columns, each with one slot for each row wanted, in the order of the file.
    /// - Throws: ``ParquetReadError``, as ``readRowGroup(_:columns:)`` does; rows beyond the last are `malformed`.
    public func readRowGroup(
        _ index: Int,
        columns: [String]? = nil,
        rows: [Range<Int>]
    ) throws(ParquetReadError) -> RowBatch {
        let batches = try batches(ofRowGroup: index, columns: columns, rows: rows, maximumRowCount: .max)
        return try batches.next() ?? RowBatch(columns: batches.emptyColumns())
    }

    /// Reads a row group in batches, holding the values of one batch and of one page of each leaf at a time.
    ///
    /// Of each leaf's bytes in the file as many are held as ``ByteSource/preferredReadByteCount`` says, or those of a page
    /// if it has more.
    ///
    /// - Parameters:
    ///   - index: Which row group, from 0.
    ///   - columns: The names or paths of the columns, as in ``readRowGroup(_:columns:)``.
    ///   - rows: The rows wanted, as in ``readRowGroup(_:columns:rows:)``; `nil` is all rows.
    ///   - maximumRowCount: The rows of a batch, 1 or more; the last batch has what is left.
    /// - Returns: The batches, of which none is read yet.
    /// - Throws: ``ParquetReadError`` if there is no such row group, column or row, or an index is damaged.
    public func batches(
        ofRowGroup index: Int,
        columns: [String]? = nil,
        rows: [Range<Int>]? = nil,
        maximumRowCount: Int
    ) throws(ParquetReadError) -> RowGroupBatches {
        let group = try rowGroup(index)
        let all = 0..<group.rowCount
        let selection = try RowSelection(rows ?? [all], rowCount: group.rowCount)
        let columns = try project(columns)
        let leaves = columns.flatMap(\.shape.leaves)
        var indexes: [Int: OffsetIndex] = [:]
        if selection.count < group.rowCount { indexes = try offsetIndexes(ofRowGroup: index, leaves: leaves) }
        let fetcher = fetcher(leaves, group, indexes: indexes, rows: selection)
        let scratch = ReadScratch()
        var readers: [RecordReader] = []
        for column in columns {
            readers.append(
                try RecordReader(column, self, rowGroup: index, scratch: scratch) { leaf in
                    LeafPlan(fetcher: fetcher, window: ByteBuffer(), index: indexes[leaf.index], rows: selection)
                }
            )
        }
        return RowGroupBatches(readers, selection, maximumRowCount: max(1, maximumRowCount))
    }

    func rowGroup(_ index: Int) throws(ParquetReadError) -> FileMetadata.RowGroup {
        guard metadata.rowGroups.indices.contains(index) else {
            throw ParquetReadError(.malformed, "There is no row group \(index) among \(rowGroupCount).")
        }
        return metadata.rowGroups[index]
    }

    func project(_ columns: [String]?) throws(ParquetReadError) -> [ColumnProjection] {
        let all = zip(schema.fields, shapes).map { ColumnProjection(name: $0.name, shape: $1) }
        guard let columns else { return all }
        return try ColumnProjection.choose(columns, of: all)
    }
}

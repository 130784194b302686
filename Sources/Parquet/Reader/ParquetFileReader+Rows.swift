import Bytes
public import Columnar

extension ParquetFileReader {
    /// Reads columns of a row group.
    ///
    /// - Parameters:
    ///   - index: Which row group, from 0.
    ///   - columns: The names of the columns, in the order wanted; `nil` is all of them.
    /// - Returns: The columns, each with one slot for each row.
    /// - Throws: ``ParquetReadError``, whose message names row group, column and page. A column that the schema does
    ///   not have, and a row group beyond the last, are `malformed`.
    public func readRowGroup(_ index: Int, columns: [String]? = nil) throws(ParquetReadError) -> RowBatch {
        guard metadata.rowGroups.indices.contains(index) else {
            throw ParquetReadError(.malformed, "There is no row group \(index) among \(rowGroupCount).")
        }
        let scratch = ReadScratch()
        let window = ByteBuffer()
        var read: [Column] = []
        for field in try fieldIndexes(columns) {
            read.append(try readField(field, ofRowGroup: index, scratch: scratch, window: window))
        }
        return RowBatch(columns: read)
    }

    private func fieldIndexes(_ names: [String]?) throws(ParquetReadError) -> [Int] {
        guard let names else { return Array(schema.fields.indices) }
        var indexes: [Int] = []
        for name in names {
            guard let index = schema.fields.firstIndex(where: { $0.name == name }) else {
                throw ParquetReadError(.malformed, "The file has no column \(name).")
            }
            indexes.append(index)
        }
        return indexes
    }

    private func readField(
        _ field: Int,
        ofRowGroup index: Int,
        scratch: ReadScratch,
        window: ByteBuffer
    ) throws(ParquetReadError) -> Column {
        let shape = shapes[field]
        let group = metadata.rowGroups[index]
        let column = Column(type: shape.type)
        var entries: [Int: LeafEntries] = [:]
        var place = schema.fields[field].name
        do throws(ParquetReadError) {
            for (leaf, values) in Self.leaves(of: shape, column) {
                place = leaf.path.joined(separator: ".")
                entries[leaf.index] = try readLeaf(leaf, group, into: values, scratch: scratch, window: window)
            }
            place = schema.fields[field].name
            try RecordAssembler(entries: entries, scratch: scratch).assemble(column, shape)
            guard column.slotCount == group.rowCount else {
                throw ParquetReadError(.malformed, "It has \(column.slotCount) rows instead of \(group.rowCount).")
            }
        } catch {
            throw error.at("Row group \(index), column \(place)")
        }
        return column
    }

    /// The leaves below a column, each with the column that takes its values.
    private static func leaves(of shape: RecordShape, _ column: Column) -> [(SchemaLeaf, Column)] {
        if case .leaf(let leaf) = shape.kind { return [(leaf, column)] }
        return zip(shape.children, column.children).flatMap { leaves(of: $0, $1) }
    }

    private func readLeaf(
        _ leaf: SchemaLeaf,
        _ group: FileMetadata.RowGroup,
        into column: Column,
        scratch: ReadScratch,
        window: ByteBuffer
    ) throws(ParquetReadError) -> LeafEntries {
        let chunk = group.columns[leaf.index]
        let entries = LeafEntries(leaf, values: column.values, expectedEntryCount: chunk.valueCount)
        guard let reader = try leafReader(leaf, group, index: nil, scratch: scratch, window: window) else {
            return entries
        }
        try reader.take(group.rowCount, into: entries)
        return entries
    }

    /// A reader of a leaf's rows in a row group; `nil` if there are none.
    func leafReader(
        _ leaf: SchemaLeaf,
        _ group: FileMetadata.RowGroup,
        index: OffsetIndex?,
        scratch: ReadScratch,
        window: ByteBuffer
    ) throws(ParquetReadError) -> LeafReader? {
        let chunk = group.columns[leaf.index]
        try check(chunk, leaf, rowCount: group.rowCount)
        let codec = try Self.codec(chunk)
        guard chunk.valueCount > 0 else { return nil }
        let range = try range(of: chunk)
        let pages = PageReader(
            leaf,
            codec: codec,
            window: ChunkWindow([range], of: source, buffer: window),
            offset: range.lowerBound,
            options: options,
            scratch: scratch
        )
        return LeafReader(pages, chunk: chunk, rowCount: group.rowCount, index: index, options: options)
    }

    private func check(
        _ chunk: FileMetadata.ColumnChunk,
        _ leaf: SchemaLeaf,
        rowCount: Int
    ) throws(ParquetReadError) {
        guard !chunk.isEncrypted else {
            throw ParquetReadError(.unsupported, "The column is encrypted, which is not supported.")
        }
        guard chunk.filePath == nil else {
            throw ParquetReadError(.unsupported, "The column lies in another file.")
        }
        guard chunk.physicalType == leaf.thriftType else {
            throw ParquetReadError(
                .malformed,
                "The column has physical type \(chunk.physicalType), the schema says \(leaf.thriftType)."
            )
        }
        // Every row is an entry at least, and exactly one where there is no list.
        guard chunk.valueCount >= rowCount, rowCount > 0 || chunk.valueCount == 0,
            leaf.maxRepetitionLevel > 0 || chunk.valueCount == rowCount
        else {
            throw ParquetReadError(.malformed, "The column claims \(chunk.valueCount) values in \(rowCount) rows.")
        }
    }

    private static func codec(_ chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> PageCodec {
        guard let codec = PageCodec(rawValue: chunk.codec) else {
            throw ParquetReadError(.unsupported, "Pages are compressed with codec \(chunk.codec), which is not known.")
        }
        guard codec != .brotli, codec != .lzo else {
            throw ParquetReadError(.unsupported, "Pages are compressed with \(codec), which is not supported.")
        }
        return codec
    }

    /// More than the header of a dictionary page ever has.
    private static let forgottenByteCount = 100

    /// Where the chunk's pages lie.
    private func range(of chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> Range<Int> {
        var start = chunk.dataPageOffset
        // Some writers say 0 where there is no dictionary.
        if let dictionary = chunk.dictionaryPageOffset, dictionary > 0, dictionary < start { start = dictionary }
        guard start >= 4, chunk.compressedByteCount >= 0, start <= footerOffset,
            chunk.compressedByteCount <= footerOffset - start
        else {
            throw ParquetReadError(
                .malformed,
                "The column's \(chunk.compressedByteCount) bytes at \(start) lie outside of the file's pages."
            )
        }
        // Old versions of parquet-mr forgot the header of the dictionary page when they counted (PARQUET-816).
        let forgotten = createdBy?.hasPrefix("parquet-mr") ?? false ? Self.forgottenByteCount : 0
        return start..<min(footerOffset, start + chunk.compressedByteCount + forgotten)
    }
}

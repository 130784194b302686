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
        var read: [Column] = []
        for field in try fieldIndexes(columns) {
            read.append(try readField(field, ofRowGroup: index, scratch: scratch))
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
        scratch: ReadScratch
    ) throws(ParquetReadError) -> Column {
        let shape = shapes[field]
        let group = metadata.rowGroups[index]
        let column = Column(type: shape.type)
        var entries: [Int: LeafEntries] = [:]
        var place = schema.fields[field].name
        do throws(ParquetReadError) {
            for (leaf, values) in Self.leaves(of: shape, column) {
                place = leaf.path.joined(separator: ".")
                entries[leaf.index] = try readLeaf(leaf, group, into: values, scratch: scratch)
            }
            place = schema.fields[field].name
            try RecordAssembler(entries: entries).assemble(column, shape)
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
        scratch: ReadScratch
    ) throws(ParquetReadError) -> LeafEntries {
        let chunk = group.columns[leaf.index]
        try requireReadable(chunk, of: leaf)
        guard chunk.valueCount >= 0, leaf.maxRepetitionLevel > 0 || chunk.valueCount == group.rowCount else {
            throw ParquetReadError(
                .malformed,
                "The column claims \(chunk.valueCount) values in \(group.rowCount) rows."
            )
        }
        var reader = try ColumnChunkReader(
            chunk,
            leaf: leaf,
            options: options,
            scratch: scratch,
            values: column.values
        )
        guard chunk.valueCount > 0 else { return reader.entries }
        let bytes = try source.bytes(try range(of: chunk))
        unsafe try reader.read(bytes.bytes)
        guard reader.entries.repetition(0) == 0 else {
            throw ParquetReadError(.malformed, "The column does not begin with a row.")
        }
        return reader.entries
    }

    /// Makes sure that the chunk is of the leaf's type, and that its pages are there to be read.
    func requireReadable(_ chunk: FileMetadata.ColumnChunk, of leaf: SchemaLeaf) throws(ParquetReadError) {
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
    }

    /// More than the header of a dictionary page ever has.
    private static let forgottenByteCount = 100

    /// Where the chunk's pages lie.
    func range(of chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> Range<Int> {
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

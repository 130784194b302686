import Bytes
public import Columnar

/// Collects the rows of one row group, as encoded and compressed pages.
///
/// Used again for the next row group after ``finish(scratch:to:)``, keeping its memory.
public final class RowGroupWriter {
    private let options: WriterOptions
    private let chunks: [ColumnChunkWriter]
    private let fields: [Field]
    private let sortingColumns: [FileMetadata.SortingColumn]
    /// The rows appended since the last ``finish(scratch:to:)``.
    public private(set) var rowCount = 0

    /// Creates a writer for rows of the schema.
    ///
    /// - Throws: ``ParquetError``: `invalidSchema`, or `invalidOptions` if the options cannot be followed with this schema.
    public init(schema: TableSchema, options: WriterOptions) throws(ParquetError) {
        self.options = options
        fields = schema.fields
        let layouts = try ColumnLayout.layouts(of: schema, options)
        chunks = layouts.map { ColumnChunkWriter($0) }
        sortingColumns = options.sortingColumns.map { column in
            FileMetadata.SortingColumn(
                leafIndex: Int32(layouts.firstIndex { $0.leaf.path == column.path } ?? 0),
                isDescending: column.isDescending,
                hasNullsFirst: column.hasNullsFirst
            )
        }
    }

    /// The bytes of memory held.
    public var allocatedByteCount: Int { chunks.reduce(0) { $0 + $1.allocatedByteCount } }

    /// The bytes of the pages so far, before compression.
    public var uncompressedByteCount: Int { chunks.reduce(0) { $0 + $1.uncompressedByteCount } }

    /// Whether the options say that the row group ends here.
    public var isFull: Bool {
        rowCount >= options.rowGroupRowCount || uncompressedByteCount >= options.rowGroupByteCount
    }

    /// Appends all rows of the batch.
    ///
    /// - Parameters:
    ///   - batch: Rows of the schema.
    ///   - scratch: Buffers of the calling thread.
    /// - Throws: ``ParquetError`` if the batch does not fit the schema, or a page cannot be stored.
    public func append(_ batch: RowBatch, scratch: PageScratch) throws(ParquetError) {
        try check(batch)
        for chunk in chunks {
            try chunk.append(batch.columns[chunk.leaf.fieldIndex], shredder: scratch.shredder, scratch: scratch)
        }
        rowCount += batch.rowCount
    }

    /// Makes sure that the batch is of the schema.
    ///
    /// - Throws: ``ParquetError`` with code `schemaMismatch`.
    func check(_ batch: RowBatch) throws(ParquetError) {
        guard batch.columns.count == fields.count, batch.columns.allSatisfy({ $0.slotCount == batch.rowCount }) else {
            throw ParquetError(.schemaMismatch, "A batch's columns do not match the schema, or differ in length.")
        }
        for (field, column) in zip(fields, batch.columns) {
            guard column.type == field.type, Self.isWhole(column), field.isNullable || column.validity.nullCount == 0
            else {
                throw ParquetError(
                    .schemaMismatch,
                    "Column \(field.name) of a batch does not have the form of its type."
                )
            }
        }
    }

    /// Whether the values are as many as the slots say, at every level.
    private static func isWhole(_ column: Column) -> Bool {
        switch column.type {
        case .leaf(let physicalType, _):
            return physicalType.byteWidth.map { column.values.count == column.validity.valueCount * $0 } ?? true
        case .map where column.children[0].validity.nullCount > 0:
            return false
        case .list, .map:
            guard column.values.count == column.validity.valueCount * 4 else { return false }
            var entryCount = 0
            for index in 0..<column.validity.valueCount {
                unsafe entryCount &+= Int(column.values.base.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
            }
            return column.children.allSatisfy { $0.slotCount == entryCount && isWhole($0) }
        case .structure(let fields):
            // A group without members is no legal schema.
            return !fields.isEmpty
                && zip(fields, column.children).allSatisfy { field, child in
                    child.slotCount == column.validity.valueCount && isWhole(child)
                        && (field.isNullable || child.validity.nullCount == 0)
                }
        }
    }

    /// Ends the row group and hands its bytes to `sink`: column after column, then the bloom filters.
    ///
    /// - Returns: What the footer has to say about it.
    /// - Throws: ``ParquetError``, or whatever the sink reports through it.
    public func finish(
        scratch: PageScratch,
        to sink: (UnsafeRawBufferPointer) throws(ParquetError) -> Void
    ) throws(ParquetError) -> RowGroupMetadata {
        var group = RowGroupMetadata(rowCount: rowCount)
        group.group.sortingColumns = sortingColumns
        var bloomFilters: [(leaf: Int, filter: BloomFilter)] = []
        for (leaf, writer) in chunks.enumerated() {
            let finished = unsafe try writer.finish(scratch: scratch, to: sink)
            var chunk = finished.chunk
            var offsetIndex = finished.offsetIndex
            chunk.move(by: group.byteCount)
            offsetIndex.move(by: group.byteCount)
            group.append(chunk, columnIndex: finished.columnIndex, offsetIndex: offsetIndex)
            group.byteCount += chunk.compressedByteCount
            if let filter = finished.bloomFilter { bloomFilters.append((leaf, filter)) }
        }
        for (leaf, filter) in bloomFilters {
            let bytes = ByteBuffer()
            filter.write(to: bytes)
            group.group.columns[leaf].bloomFilterOffset = group.byteCount
            group.group.columns[leaf].bloomFilterByteCount = Int32(clamping: bytes.count)
            unsafe try sink(bytes.bytes)
            group.byteCount += bytes.count
        }
        rowCount = 0
        return group
    }
}

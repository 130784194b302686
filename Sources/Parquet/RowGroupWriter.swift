import Bytes
public import Columnar

/// Collects the rows of one row group, as encoded and compressed pages.
///
/// Used again for the next row group after ``finish(scratch:to:)``, keeping its memory.
public final class RowGroupWriter {
    private let options: WriterOptions
    private let chunks: [ColumnChunkWriter]
    private let fieldCount: Int
    /// The rows appended since the last ``finish(scratch:to:)``.
    public private(set) var rowCount = 0

    /// Creates a writer for rows of the schema.
    public init(schema: TableSchema, options: WriterOptions) {
        self.options = options
        fieldCount = schema.fields.count
        chunks = LeafColumn.leaves(of: schema).map { ColumnChunkWriter(leaf: $0, options: options) }
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
        guard batch.columns.count == fieldCount, batch.columns.allSatisfy({ $0.slotCount == batch.rowCount }) else {
            throw ParquetError(.schemaMismatch, "A batch's columns do not match the schema, or differ in length.")
        }
        for chunk in chunks {
            try chunk.append(batch.columns[chunk.leaf.fieldIndex], shredder: scratch.shredder, scratch: scratch)
        }
        rowCount += batch.rowCount
    }

    /// Ends the row group and hands its bytes to `sink`, column after column.
    ///
    /// - Returns: What the footer has to say about it.
    /// - Throws: ``ParquetError``, or whatever the sink reports through it.
    public func finish(
        scratch: PageScratch,
        to sink: (UnsafeRawBufferPointer) throws(ParquetError) -> Void
    ) throws(ParquetError) -> RowGroupMetadata {
        var group = RowGroupMetadata(rowCount: rowCount, byteCount: 0, uncompressedByteCount: 0, chunks: [])
        for chunk in chunks {
            var metadata = unsafe try chunk.finish(scratch: scratch, to: sink)
            metadata.offset = group.byteCount
            group.byteCount += metadata.compressedByteCount
            group.uncompressedByteCount += metadata.uncompressedByteCount
            group.chunks.append(metadata)
        }
        rowCount = 0
        return group
    }
}

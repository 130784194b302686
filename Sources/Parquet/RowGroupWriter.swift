import Bytes
public import Columnar

/// Collects the rows of one row group, as encoded and compressed pages.
///
/// Used again for the next row group after ``finish(scratch:to:)``, keeping its memory.
public final class RowGroupWriter {
    private let options: WriterOptions
    private let chunks: [ColumnChunkWriter]
    private let fields: [Field]
    /// The rows appended since the last ``finish(scratch:to:)``.
    public private(set) var rowCount = 0

    /// Creates a writer for rows of the schema.
    public init(schema: TableSchema, options: WriterOptions) {
        self.options = options
        fields = schema.fields
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
        for chunk in chunks {
            try chunk.append(batch.columns[chunk.leaf.fieldIndex], shredder: scratch.shredder, scratch: scratch)
        }
        rowCount += batch.rowCount
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

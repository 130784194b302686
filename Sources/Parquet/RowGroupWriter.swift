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
    /// What left some columns with more rows than others.
    private var failure: ParquetError?

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
    /// - Throws: ``ParquetError`` if the batch does not fit the schema, or a page cannot be stored. Where that was found out
    ///   in mid batch, the writer takes and gives nothing more.
    public func append(_ batch: RowBatch, scratch: PageScratch) throws(ParquetError) {
        try requireWhole()
        try check(batch)
        do throws(ParquetError) {
            for chunk in chunks {
                try chunk.append(batch.columns[chunk.leaf.fieldIndex], shredder: scratch.shredder, scratch: scratch)
            }
        } catch {
            failure = error
            throw error
        }
        rowCount += batch.rowCount
    }

    private func requireWhole() throws(ParquetError) {
        guard let failure else { return }
        throw ParquetError(failure.code, "The row group is incomplete since an error: \(failure.message)")
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

    /// Makes sure that a batch that has passed ``check(_:)`` can be walked through: its texts end within their columns.
    ///
    /// - Throws: ``ParquetError`` with code `schemaMismatch`.
    func checkLengths(_ batch: RowBatch) throws(ParquetError) {
        for (field, column) in zip(fields, batch.columns) where !Self.holdsItsLengths(column) {
            throw ParquetError(.schemaMismatch, "Column \(field.name) of a batch ends in the middle of its values.")
        }
    }

    private static func holdsItsLengths(_ column: Column) -> Bool {
        guard case .leaf(.byteArray, _) = column.type else { return column.children.allSatisfy { holdsItsLengths($0) } }
        let bytes = unsafe column.values.bytes
        var offset = 0
        for _ in 0..<column.validity.valueCount {
            guard bytes.count - offset >= 4 else { return false }
            let length = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            offset += 4 + Int(UInt32(littleEndian: length))
        }
        return offset <= bytes.count
    }

    /// Ends the row group and hands its bytes to `sink`: column after column, then the bloom filters.
    ///
    /// - Returns: What the footer has to say about it.
    /// - Throws: ``ParquetError``, or whatever the sink reports through it; the writer takes and gives nothing more then.
    public func finish(
        scratch: PageScratch,
        to sink: (UnsafeRawBufferPointer) throws(ParquetError) -> Void
    ) throws(ParquetError) -> RowGroupMetadata {
        try requireWhole()
        do throws(ParquetError) {
            return unsafe try encode(scratch: scratch, to: sink)
        } catch {
            failure = error
            throw error
        }
    }

    private func encode(
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

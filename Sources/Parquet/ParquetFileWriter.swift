import Bytes
public import Columnar

/// Writes a Parquet file from its first byte to its last.
///
/// ```swift
/// let writer = try ParquetFileWriter(schema: schema, to: FileByteSink(path: path))
/// try writer.append(batch)
/// try writer.finish()
/// ```
/// Rows are gathered until the options say that their row group is full; what was given is in the file only once
/// ``finish()`` has returned. The same batches and options make the same bytes. Memory is bounded by a row group's
/// compressed pages and a page of each column. An error that leaves half a batch or half a page behind ends the file: what
/// is called afterwards throws as well.
///
/// Used by one thread at a time. Whoever wants to place row groups elsewhere, several at once for instance, uses
/// ``RowGroupWriter`` and ``FileFooter``, of which this is made.
public final class ParquetFileWriter {
    /// What a file of this library says of who wrote it.
    public static let defaultCreatedBy = "sluice-parquet version 1.0.0 (build none)"

    private let schema: TableSchema
    private let options: WriterOptions
    private let keyValueMetadata: [(key: String, value: String)]
    private let createdBy: String
    private let sink: any ByteSink
    private let writer: RowGroupWriter
    private let leaves: [LeafColumn]
    private let scratch = PageScratch()
    private var rowGroups: [(offset: Int, metadata: RowGroupMetadata)] = []
    private var isFinished = false
    /// What the sink, or a file that was being copied, could not do: where the next bytes would lie is not known.
    private var failure: ParquetError?

    /// The bytes handed to the sink so far.
    public private(set) var byteCount = 0

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - schema: The columns of all batches.
    ///   - options: How the file is laid out.
    ///   - keyValueMetadata: Keys and values for the footer, in this order.
    ///   - createdBy: The program that writes the file; readers expect `<name> version <version> (build <hash>)`.
    ///   - sink: Takes the bytes.
    /// - Throws: ``ParquetError``: `invalidSchema`, `invalidOptions`, or `io` from the sink.
    public init(
        schema: TableSchema,
        options: WriterOptions = WriterOptions(),
        keyValueMetadata: [(key: String, value: String)] = [],
        createdBy: String = ParquetFileWriter.defaultCreatedBy,
        to sink: any ByteSink
    ) throws(ParquetError) {
        self.schema = schema
        self.options = options
        self.keyValueMetadata = keyValueMetadata
        self.createdBy = createdBy
        self.sink = sink
        writer = try RowGroupWriter(schema: schema, options: options)
        leaves = LeafColumn.leaves(of: schema)
        try write(FileFooter.magic)
    }

    /// The rows given so far.
    public var rowCount: Int { rowGroups.reduce(writer.rowCount) { $0 + $1.metadata.rowCount } }

    /// Appends all rows of a batch, which may end row groups.
    ///
    /// A batch larger than a row group is divided by rows; the bytes of a row group are looked at between batches.
    ///
    /// - Throws: ``ParquetError``: `schemaMismatch` if the batch is not of the schema, `tooLarge`, `compression`, `io`.
    public func append(_ batch: RowBatch) throws(ParquetError) {
        try requireOpen()
        let rowCount = batch.rowCount
        let limit = max(1, options.rowGroupRowCount)
        guard writer.rowCount + rowCount > limit else { return try appendWhole(batch) }
        try writer.check(batch)
        try writer.checkLengths(batch)
        var cursors = batch.columns.map { ColumnCursor($0) }
        var done = 0
        while done < rowCount {
            let count = min(limit - writer.rowCount, rowCount - done)
            let part = RowBatch(schema: schema)
            for index in cursors.indices { cursors[index].copy(count, to: part.columns[index]) }
            try appendWhole(part)
            done += count
        }
    }

    /// Ends the row group, if it has rows; the next batch begins another.
    public func endRowGroup() throws(ParquetError) {
        try requireOpen()
        guard writer.rowCount > 0 else { return }
        let offset = byteCount
        let metadata = unsafe try writer.finish(scratch: scratch) { bytes throws(ParquetError) in
            unsafe try write(bytes)
        }
        rowGroups.append((offset, metadata))
    }

    /// Appends a row group of another file as the bytes it is made of, without decoding them.
    ///
    /// Codec, encodings, statistics, page index and bloom filters come along. The row group under way ends before. One
    /// without rows is left out.
    ///
    /// - Parameters:
    ///   - index: Which row group, from 0.
    ///   - reader: A file that has the columns of the schema: same names, types and nullability, lists and maps in the
    ///     form that this library writes. Others that it has are left out.
    ///   - columns: Columns of the schema, by name, that are encoded anew instead: one slot for each row.
    /// - Throws: ``ParquetError``: `schemaMismatch` if a column is in neither, or `io` if the bytes cannot be read or
    ///   written; the file cannot be completed after the latter.
    public func append(
        rowGroup index: Int,
        of reader: ParquetFileReader,
        replacing columns: [String: Column] = [:]
    ) throws(ParquetError) {
        guard reader.metadata.rowGroups.indices.contains(index) else {
            throw ParquetError(
                .schemaMismatch,
                "The other file has no row group \(index) among \(reader.rowGroupCount)."
            )
        }
        try endRowGroup()
        let copied = leaves.filter { columns[schema.fields[$0.fieldIndex].name] == nil }
        var sources: [SchemaLeaf] = []
        for (leaf, source) in zip(copied, reader.leaves(like: copied)) {
            guard let source else {
                let name = leaf.path.joined(separator: ".")
                throw ParquetError(
                    .schemaMismatch,
                    "The row group's file does not have column \(name) as the schema has it."
                )
            }
            sources.append(source)
        }
        let offset = byteCount
        let copy: RowGroupCopy?
        do {
            // Of no rows there are no pages, wherever the metadata says that they lie.
            let isEmpty = try reader.rowGroup(index).rowCount == 0
            copy = isEmpty ? nil : try reader.rowGroupCopy(index, leaves: sources)
        } catch {
            throw ParquetError(.io, "Failed to copy row group \(index) of another file. Reason: \(error)")
        }
        let encoder = try encoder(of: columns, rowCount: copy?.metadata.rowCount ?? 0)
        guard let copy else { return }
        try write(copy, of: reader)
        guard let encoder else { return rowGroups.append((offset, copy.metadata)) }
        let encoded = unsafe try encoder.finish(scratch: scratch) { bytes throws(ParquetError) in
            unsafe try write(bytes)
        }
        var next = (copied: 0, encoded: 0)
        var chunks: [(part: Int, chunk: Int)] = []
        for leaf in leaves {
            if columns[schema.fields[leaf.fieldIndex].name] == nil {
                chunks.append((0, next.copied))
                next.copied += 1
            } else {
                chunks.append((1, next.encoded))
                next.encoded += 1
            }
        }
        rowGroups.append((offset, RowGroupMetadata.joining([copy.metadata, encoded], chunks: chunks)))
    }

    /// A writer that has taken the columns, if there are some.
    private func encoder(of columns: [String: Column], rowCount: Int) throws(ParquetError) -> RowGroupWriter? {
        guard !columns.isEmpty else { return nil }
        let fields = schema.fields.filter { columns[$0.name] != nil }
        let batch = RowBatch(columns: fields.compactMap { columns[$0.name] })
        guard fields.count == columns.count, batch.rowCount == rowCount else {
            throw ParquetError(
                .schemaMismatch,
                "Columns for a row group of \(rowCount) rows have \(batch.rowCount), or are not in the schema."
            )
        }
        var options = options
        options.sortingColumns = []
        options.columns = options.columns.filter { path, _ in fields.contains { $0.name == path.first } }
        let encoder = try RowGroupWriter(schema: TableSchema(fields: fields), options: options)
        try encoder.append(batch, scratch: scratch)
        return encoder
    }

    private func write(_ copy: RowGroupCopy, of reader: ParquetFileReader) throws(ParquetError) {
        do {
            unsafe try reader.forEachPart(of: copy) { part throws(ParquetError) in unsafe try write(part) }
        } catch {
            let known = error as? ParquetError
            throw fail(known ?? ParquetError(.io, "Failed to copy bytes of another file. Reason: \(error)"))
        }
    }

    /// Completes the file.
    ///
    /// - Returns: Its length in bytes.
    /// - Throws: ``ParquetError``, as ``append(_:)`` does.
    @discardableResult
    public func finish() throws(ParquetError) -> Int {
        try endRowGroup()
        let footer = FileFooter.encode(
            schema: schema,
            rowGroups: rowGroups,
            keyValueMetadata: keyValueMetadata,
            createdBy: createdBy,
            fileByteCount: byteCount
        )
        try write(footer)
        isFinished = true
        return byteCount
    }

    private func appendWhole(_ batch: RowBatch) throws(ParquetError) {
        try writer.append(batch, scratch: scratch)
        if writer.isFull { try endRowGroup() }
    }

    private func requireOpen() throws(ParquetError) {
        guard !isFinished else { throw ParquetError(.schemaMismatch, "The file is finished: nothing can be appended.") }
        guard let failure else { return }
        throw ParquetError(failure.code, "The file is incomplete since an error: \(failure.message)")
    }

    private func fail(_ error: ParquetError) -> ParquetError {
        failure = error
        return error
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(ParquetError) {
        do {
            unsafe try sink.append(bytes)
        } catch {
            throw fail(Self.failure(bytes.count, error))
        }
        byteCount += bytes.count
    }

    private func write(_ bytes: [UInt8]) throws(ParquetError) {
        do {
            unsafe try bytes.withUnsafeBytes { unsafe try sink.append($0) }
        } catch {
            throw fail(Self.failure(bytes.count, error))
        }
        byteCount += bytes.count
    }

    private static func failure(_ byteCount: Int, _ reason: any Error) -> ParquetError {
        if let error = reason as? ParquetError { return error }
        return ParquetError(.io, "Failed to write \(byteCount) bytes of a file. Reason: \(reason)")
    }
}

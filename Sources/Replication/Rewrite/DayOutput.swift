import Columnar
import Glibc
import Lake
import ObjectStorage
import Parquet

/// The object of a day as it comes into being: new row groups in a local file, others as ranges of the present object.
final class DayOutput {
    /// S3 itself copies no less, unless it is the end.
    private static let shortestCopyByServer = 5 << 20

    private let path: String
    private let schema: TableSchema
    private let options: WriterOptions
    private let scratch = PageScratch()
    private let writer: RowGroupWriter
    private var pieces: [ObjectPiece] = []
    private var rowGroups: [(offset: Int, metadata: RowGroupMetadata)] = []
    /// The bytes of the object so far, and those of the local file.
    private var byteCount = 0
    private var fileByteCount = 0
    private(set) var hasCopies = false

    /// Begins an object.
    ///
    /// - Parameters:
    ///   - path: A local file that is not there yet.
    ///   - schema: The schema of all row groups.
    ///   - options: How new ones are written.
    /// - Throws: ``ParquetError`` if the options do not go with the schema.
    init(path: String, schema: TableSchema, options: WriterOptions) throws {
        self.path = path
        self.schema = schema
        self.options = options
        writer = try RowGroupWriter(schema: schema, options: options)
    }

    /// The rows so far.
    var rowCount: Int { rowGroups.reduce(writer.rowCount) { $0 + $1.metadata.rowCount } }
    /// The row groups so far that are complete.
    var rowGroupCount: Int { rowGroups.count }

    /// Appends rows.
    func append(_ batch: RowBatch) throws {
        try writer.append(batch, scratch: scratch)
        if writer.isFull { try endRowGroup() }
    }

    /// Ends the row group under way, if it has rows.
    func endRowGroup() throws {
        guard writer.rowCount > 0 else { return }
        try begin()
        let offset = byteCount
        let metadata = try append(writer)
        rowGroups.append((offset, metadata))
    }

    /// What can be taken over of row groups of the present object, which is asked for all of them at once.
    ///
    /// - Parameters:
    ///   - indexes: Which row groups.
    ///   - reader: The present object.
    ///   - replaced: Columns of the schema that are encoded anew.
    /// - Returns: For each row group what can be taken over.
    /// - Throws: ``ParquetReadError``.
    func copies(
        of indexes: [Int],
        from reader: ParquetFileReader,
        without replaced: [Field]
    ) throws(ParquetReadError) -> [RowGroupCopy] {
        let kept = schema.fields.filter { field in !replaced.contains { $0.name.isSameName(as: field.name) } }
        // Leaves of a column follow one another, in the schema's order.
        let leaves = kept.flatMap { field in reader.leaves.filter { $0.path[0].isSameName(as: field.name) } }
        return try reader.rowGroupCopies(indexes, leaves: leaves)
    }

    /// Appends a row group of the present object as it is, with some columns encoded anew.
    ///
    /// - Parameters:
    ///   - copy: What is taken over.
    ///   - reader: The present object.
    ///   - columns: Columns of the schema that the object lacks or has in a narrower type, by the bytes of the name.
    /// - Throws: ``ParquetReadError`` or ``ParquetError``; the object cannot be completed then.
    func append(_ copy: RowGroupCopy, of reader: ParquetFileReader, replacing columns: [[UInt8]: Column]) throws {
        guard copy.metadata.rowCount > 0 else { return }
        try endRowGroup()
        var ranges = copy.ranges
        // A first part of four bytes would have to be filled up with bytes that have to be fetched. A short range is fetched
        // anyway.
        if byteCount == 0, let first = ranges.first, first.lowerBound == FileFooter.magic.count,
            first.upperBound >= Self.shortestCopyByServer
        {
            // Nobody has looked at these bytes yet, and a copy would hand on what is wrong with them.
            try reader.requireHead()
            ranges[0] = 0..<first.upperBound
            byteCount = FileFooter.magic.count
        }
        try begin()
        let offset = byteCount
        pieces += ranges.map { .copy($0) }
        byteCount += copy.metadata.byteCount
        hasCopies = true
        guard !columns.isEmpty else { return rowGroups.append((offset, copy.metadata)) }
        let fields = schema.fields.filter { columns[Array($0.name.utf8)] != nil }
        var options = options
        options.columns = options.columns.filter { path, _ in
            fields.contains { $0.name.isSameName(as: path.first ?? "") }
        }
        let encoder = try RowGroupWriter(schema: TableSchema(fields: fields), options: options)
        try encoder.append(RowBatch(columns: fields.compactMap { columns[Array($0.name.utf8)] }), scratch: scratch)
        let encoded = try append(encoder)
        rowGroups.append((offset, .joining([copy.metadata, encoded], chunks: chunks(replacing: columns))))
    }

    /// In which part the chunk of each leaf is, and which of it.
    private func chunks(replacing columns: [[UInt8]: Column]) -> [(part: Int, chunk: Int)] {
        var next = [0, 0]
        return schema.fields.flatMap { field in
            let part = columns[Array(field.name.utf8)] == nil ? 0 : 1
            return (0..<field.type.leafCount).map { _ in
                defer { next[part] += 1 }
                return (part: part, chunk: next[part])
            }
        }
    }

    /// An object that was written.
    struct Published {
        var version: ObjectVersion
        var byteCount: Int
        /// Its last bytes.
        var footer: [UInt8]
    }

    /// Writes the object in the place of the present one.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - present: The version to be replaced; nil if there must be none.
    ///   - metadata: The footer's keys and values.
    ///   - store: The lake.
    ///   - latestStart: Until when an object may be begun where there is none; asked as late as can be.
    /// - Returns: The version and the length.
    /// - Throws: ``ObjectStorageError``, with code `conflict` if the object has another version, or ``ReplicationError`` if
    ///   the local disk refuses.
    func publish(
        _ key: String,
        replacing present: ObjectVersion?,
        metadata: [(key: String, value: String)],
        to store: any ObjectStore,
        latestStart: () throws -> ContinuousClock.Instant
    ) throws -> Published {
        try endRowGroup()
        try begin()
        let footer = FileFooter.encode(
            schema: schema,
            rowGroups: rowGroups,
            keyValueMetadata: metadata,
            createdBy: "sluice version \(ReleaseVersion.current)",
            fileByteCount: byteCount
        )
        let total = byteCount + footer.count
        guard hasCopies, let present else {
            fileByteCount += try LocalFile.append(to: path) { sink in footer.withUnsafeBytes { sink($0) } }
            let path = path
            let condition = try present.map(WriteCondition.ifMatches) ?? .ifAbsentUntil(latestStart())
            Failpoint.beforeDayPut.reached()
            let version = try waitForResult {
                try await store.put(key, .consumingFile(path: path), condition: condition)
            }
            return Published(version: version, byteCount: total, footer: footer)
        }
        let pieces = pieces + [.bytes(footer)]
        Failpoint.beforeDayPut.reached()
        let replacement = try waitForResult { try await store.replace(key, version: present, with: pieces) }
        return Published(version: replacement.version, byteCount: total, footer: footer)
    }

    /// Removes the local file.
    func discard() { unlink(path) }

    private func begin() throws {
        guard byteCount == 0 else { return }
        byteCount = try append { sink in FileFooter.magic.withUnsafeBytes { sink($0) } }
    }

    private func append(_ writer: RowGroupWriter) throws -> RowGroupMetadata {
        var metadata: RowGroupMetadata?
        byteCount += try append { sink in metadata = try writer.finish(scratch: scratch) { bytes in sink(bytes) } }
        guard let metadata else { throw ReplicationError(.data, "a row group was written without its metadata") }
        return metadata
    }

    /// Appends to the local file a piece of the object.
    private func append(_ write: (_ sink: (UnsafeRawBufferPointer) -> Void) throws -> Void) throws -> Int {
        let count = try LocalFile.append(to: path, write)
        let range = fileByteCount..<fileByteCount + count
        fileByteCount += count
        if case .file(_, let last)? = pieces.last, last.upperBound == range.lowerBound {
            pieces[pieces.count - 1] = .file(path: path, range: last.lowerBound..<range.upperBound)
        } else {
            pieces.append(.file(path: path, range: range))
        }
        return count
    }
}

extension ColumnType {
    /// The columns of values that it is stored as.
    fileprivate var leafCount: Int {
        switch self {
        case .leaf: 1
        case .list(let element): element.leafCount
        case .map(let key, let value): key.leafCount + value.leafCount
        case .structure(let fields): fields.reduce(0) { $0 + $1.type.leafCount }
        }
    }
}

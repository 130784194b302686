import Bytes
public import Columnar

/// A Parquet file that can be read, by row group and column.
///
/// Opening reads the footer alone. A row group's columns are read when they are asked for, leaf after leaf, in pieces as
/// large as ``ByteSource/preferredReadByteCount`` says; where that is all at once, small neighbours are fetched with one
/// read. The reader has no state that changes: several threads may use it at once.
///
/// Of large files some of the rows and columns are read: ``rowGroups(matching:)`` and
/// ``rowRanges(ofRowGroup:matching:)`` find those that may match a ``RowFilter``, ``readRowGroup(_:columns:rows:)`` reads
/// them, ``batches(ofRowGroup:columns:rows:maximumRowCount:)`` reads them bit by bit.
///
/// The bytes may come from anybody. Whatever they are, the result is a value or a ``ParquetReadError``; what a file
/// may cost in memory is bounded by ``ReaderOptions``.
public final class ParquetFileReader: Sendable {
    let source: any ByteSource
    let options: ReaderOptions
    /// What the footer says.
    public let metadata: FileMetadata
    /// The leaves of the schema, in the order in which every row group has their chunks.
    public let leaves: [SchemaLeaf]
    /// The columns, as ``readRowGroup(_:columns:)`` returns them.
    ///
    /// Lists of all forms that writers have had are lists here, elements that cannot be NULL are nullable all the
    /// same; INT96 is its 12 bytes, as its instants go beyond 64 bits of nanoseconds.
    public let schema: TableSchema
    let shapes: [RecordShape]
    /// Where the footer begins: pages end before it.
    let footerOffset: Int
    /// How many bytes a chunk may have beyond those that the footer says.
    let forgottenByteCount: Int

    /// More than the header of a dictionary page ever has.
    private static let dictionaryHeaderByteCount = 100
    /// More rows than any file has: what is computed from the counts of many files stays within 64 bits.
    private static let maximumRowCount = 1 << 40

    /// Opens a file: checks both ends, unless told otherwise, and reads the footer.
    ///
    /// - Throws: ``ParquetReadError``: `malformed` or `truncated` if it is no Parquet file or damaged, `unsupported` if
    ///   its footer is encrypted, `tooLarge`, also if its row groups claim more than 2^40 rows, `io`.
    public init(_ source: some ByteSource, options: ReaderOptions = ReaderOptions()) throws(ParquetReadError) {
        self.source = source
        self.options = options
        let (offset, footer) = try Self.readFooter(source, options)
        footerOffset = offset
        metadata = unsafe try FileMetadata(footer: footer.bytes)
        let isForgotten = WriterVersion(metadata.createdBy).forgetsDictionaryHeader
        forgottenByteCount = isForgotten ? Self.dictionaryHeaderByteCount : 0
        let (fields, leaves) = try SchemaNode.tree(metadata.schema)
        self.leaves = leaves
        shapes = fields.map { RecordShape($0) }
        schema = TableSchema(
            fields: zip(fields, shapes).map { Field(name: $0.name, type: $1.type, isNullable: $1.isNullable) }
        )
        // Writers have got it wrong, so that it need not be the sum of the row groups.
        guard (0...Self.maximumRowCount).contains(metadata.rowCount) else {
            throw ParquetReadError(.malformed, "The file claims \(metadata.rowCount) rows.")
        }
        var rowCount = 0
        for (index, group) in metadata.rowGroups.enumerated() {
            guard group.rowCount >= 0, group.columns.count == leaves.count else {
                throw ParquetReadError(
                    .malformed,
                    "Row group \(index) has \(group.rowCount) rows and \(group.columns.count) columns of \(leaves.count)."
                )
            }
            guard group.rowCount <= Self.maximumRowCount - rowCount else {
                throw ParquetReadError(
                    .tooLarge,
                    "The row groups up to \(index) claim more than \(Self.maximumRowCount) rows."
                )
            }
            rowCount += group.rowCount
        }
    }

    /// The number of row groups.
    public var rowGroupCount: Int { metadata.rowGroups.count }

    /// The rows of all row groups, as the footer states them.
    public var rowCount: Int { metadata.rowCount }

    /// The program that wrote the file.
    public var createdBy: String? { metadata.createdBy }

    /// What the writer wanted to be known besides, in the order of the file.
    public var keyValueMetadata: [FileMetadata.KeyValue] { metadata.keyValueMetadata }

    /// The rows of a row group.
    ///
    /// - Precondition: There is such a row group.
    public func rowCount(ofRowGroup index: Int) -> Int { metadata.rowGroups[index].rowCount }

    /// Bounds and counts of a leaf in a row group, where the file has them.
    ///
    /// - Precondition: There is such a row group.
    public func statistics(ofRowGroup index: Int, leaf: SchemaLeaf) -> ColumnStatistics? {
        metadata.rowGroups[index].columns[leaf.index].statistics
    }

    /// Looks at the first bytes of the file, where opening has not.
    ///
    /// - Throws: ``ParquetReadError``: `malformed` if they are not those of a Parquet file, `io`.
    public func requireHead() throws(ParquetReadError) {
        guard !options.readsHead else { return }
        guard try source.bytes(0..<FileFooter.magic.count).copyBytes() == FileFooter.magic else {
            throw ParquetReadError(.malformed, "The file does not begin with PAR1.")
        }
    }

    /// The magic, the footer, its length, the magic (README.md of the format, "File format").
    private static func readFooter(
        _ source: any ByteSource,
        _ options: ReaderOptions
    ) throws(ParquetReadError) -> (offset: Int, footer: ByteBuffer) {
        let byteCount = source.byteCount
        guard byteCount >= 12 else {
            throw ParquetReadError(.truncated, "A file of \(byteCount) bytes is no Parquet file.")
        }
        let head = options.readsHead ? try source.bytes(0..<4).copyBytes() : FileFooter.magic
        let tail = try source.bytes(byteCount - 8..<byteCount).copyBytes()
        let encrypted = Array("PARE".utf8)
        guard head != encrypted, Array(tail[4...]) != encrypted else {
            throw ParquetReadError(.unsupported, "The file is encrypted, which is not supported.")
        }
        guard head == FileFooter.magic, Array(tail[4...]) == FileFooter.magic else {
            throw ParquetReadError(.malformed, "The file does not begin and end with PAR1: it is no Parquet file.")
        }
        let length = tail[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= byteCount - 12 else {
            throw ParquetReadError(.truncated, "The footer claims \(length) bytes of a file of \(byteCount).")
        }
        guard length <= options.maximumFooterByteCount else {
            throw ParquetReadError(.tooLarge, "The footer has \(length) bytes.")
        }
        let offset = byteCount - 8 - length
        return (offset, try source.bytes(offset..<offset + length))
    }
}

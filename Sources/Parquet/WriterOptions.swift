/// How pages are compressed.
public enum CompressionCodec: String, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// Snappy, raw block format: the fastest that every reader knows.
    case snappy
    /// Gzip members.
    case gzip
    /// Zstandard frames: the smallest files.
    case zstd
    /// LZ4 blocks (LZ4_RAW). Athena and Trino cannot read them.
    case lz4

    /// The number in the file (parquet.thrift, `CompressionCodec`).
    var thriftValue: Int32 {
        switch self {
        case .none: 0
        case .snappy: 1
        case .gzip: 2
        case .zstd: 6
        case .lz4: 7
        }
    }
}

/// How a file is laid out.
public struct WriterOptions: Sendable {
    /// Uncompressed bytes after which a row group ends: 128 MiB, as parquet-java has it.
    public static let defaultRowGroupByteCount = 128 << 20
    /// Rows after which a row group ends: 1,048,576, as arrow-rs has it.
    public static let defaultRowGroupRowCount = 1 << 20
    /// Uncompressed bytes after which a page ends: 1 MiB, as every writer has it.
    public static let defaultPageByteCount = 1 << 20
    /// Rows after which a page ends: 20,000, so that the page index stays useful in narrow columns.
    public static let defaultPageRowCount = 20_000
    /// Bytes after which a dictionary is given up: 1 MiB, as every writer has it.
    public static let defaultDictionaryByteCount = 1 << 20
    /// Zstandard's level: 3, as parquet-java and DuckDB have it.
    public static let defaultZstdLevel = 3
    /// Gzip's level: 6, zlib's own default.
    public static let defaultGzipLevel = 6

    /// The codec of the pages.
    public var codec: CompressionCodec
    /// The codec's level; `nil` is the codec's default.
    ///
    /// Snappy and LZ4 have none.
    public var compressionLevel: Int?
    /// Uncompressed bytes after which a row group ends.
    public var rowGroupByteCount: Int
    /// Rows after which a row group ends.
    public var rowGroupRowCount: Int
    /// Uncompressed bytes after which a page ends.
    public var pageByteCount: Int
    /// Rows after which a page ends.
    public var pageRowCount: Int
    /// Bytes after which a dictionary is given up; 0 turns dictionaries off.
    public var dictionaryByteCount: Int

    /// Creates the default options, with another codec or row group size if wanted.
    public init(
        codec: CompressionCodec = .snappy,
        compressionLevel: Int? = nil,
        rowGroupByteCount: Int = WriterOptions.defaultRowGroupByteCount
    ) {
        self.codec = codec
        self.compressionLevel = compressionLevel
        self.rowGroupByteCount = rowGroupByteCount
        rowGroupRowCount = Self.defaultRowGroupRowCount
        pageByteCount = Self.defaultPageByteCount
        pageRowCount = Self.defaultPageRowCount
        dictionaryByteCount = Self.defaultDictionaryByteCount
    }
}

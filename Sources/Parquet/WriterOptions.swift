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

    /// The levels that the codec has; `nil` where it has none.
    var levels: ClosedRange<Int>? {
        switch self {
        case .gzip: 1...9
        case .zstd: -7...22
        case .none, .snappy, .lz4: nil
        }
    }
}

/// How the levels of data pages are stored (parquet.thrift, `DataPageHeader` and `DataPageHeaderV2`).
public enum DataPageVersion: Sendable, CaseIterable {
    /// Compressed together with the values; every reader knows it.
    case v1
    /// Before the values, never compressed; readers older than 2020 may not know it.
    case v2
}

/// A leaf by which rows are sorted (parquet.thrift, `SortingColumn`).
public struct SortingColumn: Sendable, Equatable {
    /// The names from the root to the leaf, without the root.
    public var path: [String]
    /// Whether the greatest value comes first.
    public var isDescending: Bool
    /// Whether NULL comes first.
    public var hasNullsFirst: Bool

    /// Creates an ascending order with NULLs last, or another.
    public init(path: [String], isDescending: Bool = false, hasNullsFirst: Bool = false) {
        self.path = path
        self.isDescending = isDescending
        self.hasNullsFirst = hasNullsFirst
    }
}

/// How a file is laid out.
///
/// The defaults are those that every reader accepts: Athena, Spark, DuckDB, pyarrow, pandas, Polars. What they do not
/// all accept is said where it is.
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

    /// The codec of the pages; those of a column that it saves less than a twentieth of are stored as they are.
    public var codec: CompressionCodec
    /// The codec's level, 1 to 9 for gzip, -7 to 22 for Zstandard; `nil` is the codec's default.
    ///
    /// Snappy and LZ4 have none.
    public var compressionLevel: Int?
    /// Uncompressed bytes after which a row group ends.
    public var rowGroupByteCount: Int
    /// Rows after which a row group ends.
    public var rowGroupRowCount: Int
    /// Uncompressed bytes after which a page ends; a row that is larger makes its page larger.
    public var pageByteCount: Int
    /// Rows after which a page ends.
    public var pageRowCount: Int
    /// Bytes after which a dictionary is given up; 0 turns dictionaries off.
    public var dictionaryByteCount: Int
    /// How levels are stored.
    public var dataPageVersion = DataPageVersion.v1
    /// What is different for some columns, by the names from the root to a leaf or to a node above it; the longest path
    /// decides.
    ///
    /// A list's element is at `[name, "list", "element"]`, a map's keys and values at `[name, "key_value", "key"]` and
    /// `"value"`.
    public var columns: [[String]: ColumnOptions] = [:]
    /// By what the rows of each row group are sorted.
    ///
    /// Readers rely on it and the writer does not check it: it is the caller's promise.
    public var sortingColumns: [SortingColumn] = []

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

extension FileMetadata {
    /// The pages of one leaf in one row group (`ColumnChunk` and `ColumnMetaData`).
    public struct ColumnChunk: Sendable {
        /// Another file that has the pages.
        public var filePath: String?
        /// The physical type (`Type`).
        public var physicalType: Int32
        /// The encodings that occur (`Encoding`).
        public var encodings: [Int32]
        /// The names from the root to the leaf, without the root.
        public var path: [String]
        /// The codec (`CompressionCodec`).
        public var codec: Int32
        /// The entries, NULLs and empty lists included.
        public var valueCount: Int
        /// The bytes of the pages and their headers before compression.
        public var uncompressedByteCount: Int
        /// The bytes of the pages and their headers.
        public var compressedByteCount: Int
        /// What the writer wanted to be known besides.
        public var keyValueMetadata: [KeyValue] = []
        /// Where the first data page lies in the file.
        public var dataPageOffset: Int
        /// Where the dictionary page lies; some writers say 0 where there is none.
        public var dictionaryPageOffset: Int?
        /// Bounds and counts.
        public var statistics: ColumnStatistics?
        /// How many pages of each kind and encoding there are.
        public var pageEncodings: [PageEncodingCount] = []
        /// Where the bloom filter lies in the file.
        public var bloomFilterOffset: Int?
        /// The bytes of the bloom filter and its header.
        public var bloomFilterByteCount: Int32?
        /// Where the offset index lies in the file.
        public var offsetIndexOffset: Int?
        /// The bytes of the offset index.
        public var offsetIndexByteCount: Int32?
        /// Where the column index lies in the file.
        public var columnIndexOffset: Int?
        /// The bytes of the column index.
        public var columnIndexByteCount: Int32?
        /// Whether the pages are encrypted.
        public var isEncrypted = false
    }

    /// The pages of a kind that have an encoding (`PageEncodingStats`).
    public struct PageEncodingCount: Sendable, Equatable {
        /// The kind (`PageType`): data 0, dictionary 2, data of version 2 is 3.
        public var pageType: Int32
        /// The encoding (`Encoding`).
        public var encoding: Int32
        /// How many.
        public var count: Int32
    }
}

/// Bounds and counts of a chunk or page (parquet.thrift, `Statistics`).
///
/// Bounds are values in PLAIN encoding, without a length before them.
public struct ColumnStatistics: Sendable, Equatable {
    /// The least value, or a bound below it.
    public var min: [UInt8]?
    /// The greatest value, or a bound above it.
    public var max: [UInt8]?
    /// Whether `min` is a value of the column; `nil` where nothing is said.
    public var isMinExact: Bool?
    /// Whether `max` is a value of the column; `nil` where nothing is said.
    public var isMaxExact: Bool?
    /// The least value by an order that older writers chose; use it for signed numbers only.
    public var deprecatedMin: [UInt8]?
    /// The greatest value by an order that older writers chose; use it for signed numbers only.
    public var deprecatedMax: [UInt8]?
    /// Entries without a value.
    public var nullCount: Int?
    /// Different values.
    public var distinctCount: Int?
    /// Values that are not a number.
    public var nanCount: Int?

    init() {}

    /// Forgets the bounds, keeping the counts.
    mutating func removeBounds() {
        (min, max, isMinExact, isMaxExact) = (nil, nil, nil, nil)
        (deprecatedMin, deprecatedMax) = (nil, nil)
    }
}

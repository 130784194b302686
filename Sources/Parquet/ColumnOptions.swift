/// What is different for one column of a file.
public struct ColumnOptions: Sendable, Equatable {
    /// The codec of the column's pages; `nil` is the file's, with its level.
    public var codec: CompressionCodec?
    /// The level of the column's codec; `nil` is the file's where ``codec`` is, else the codec's default.
    public var compressionLevel: Int?
    /// How values are written; `nil` is a dictionary where it pays, else ``PageEncoding/plain``.
    ///
    /// ``PageEncoding/rleDictionary`` is a dictionary even where it does not pay, until it has
    /// ``WriterOptions/dictionaryByteCount`` bytes; any other encoding is used for all values. Not every reader knows every
    /// encoding: those beside `plain` and `rleDictionary` are younger than some, and Trino, Athena and Spark read
    /// ``PageEncoding/byteStreamSplit`` for FLOAT and DOUBLE at the most.
    public var encoding: PageEncoding?
    /// A bloom filter for each row group; `nil` is none.
    public var bloomFilter: BloomFilterOptions?
    /// Whether bounds are written, of chunks and of pages.
    public var writesBounds = true

    /// Creates options that change nothing but what is given.
    public init(
        codec: CompressionCodec? = nil,
        compressionLevel: Int? = nil,
        encoding: PageEncoding? = nil,
        bloomFilter: BloomFilterOptions? = nil
    ) {
        self.codec = codec
        self.compressionLevel = compressionLevel
        self.encoding = encoding
        self.bloomFilter = bloomFilter
    }
}

/// How a bloom filter is made (BloomFilter.md): it tells readers which row groups cannot hold a value.
public struct BloomFilterOptions: Sendable, Equatable {
    /// One value in a hundred is taken for one that is there: 10.5 bits for each distinct value.
    public static let defaultFalsePositiveRate = 0.01

    /// The share of absent values that the filter takes for present ones, above 0 and below 1.
    public var falsePositiveRate: Double
    /// Whether chunks do without that have several pages, no two of which have a value in common but where they touch:
    /// their page index says as much.
    public var isLeftOutWhereSorted: Bool

    /// Creates the default options, or others.
    public init(
        falsePositiveRate: Double = BloomFilterOptions.defaultFalsePositiveRate,
        isLeftOutWhereSorted: Bool = false
    ) {
        self.falsePositiveRate = falsePositiveRate
        self.isLeftOutWhereSorted = isLeftOutWhereSorted
    }
}

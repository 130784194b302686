/// The smallest and the largest value of a page or chunk, as PLAIN bytes without length prefix.
struct ValueBounds: Sendable, Equatable {
    var min: [UInt8]
    var max: [UInt8]
}

/// One data page of a chunk.
struct PageMetadata: Sendable {
    /// Where its header begins, from the start of the chunk.
    var offset: Int
    /// Header and body.
    var compressedByteCount: Int
    /// Its first row, counted within the row group.
    var firstRow: Int
    /// Level entries that are no value.
    var nullCount: Int
    /// Whether it holds no value at all.
    var isNullPage: Bool
    /// Its bounds, where it holds values that all have an order.
    var bounds: TruncatedBounds?
}

/// The pages of one column in one row group.
struct ColumnChunkMetadata: Sendable {
    /// Where its first page begins, from the start of the row group.
    var offset = 0
    var codec = CompressionCodec.none
    /// Level entries, NULLs included.
    var valueCount = 0
    var nullCount = 0
    /// Pages with headers.
    var uncompressedByteCount = 0
    var compressedByteCount = 0
    /// The dictionary page with its header; data pages begin behind it.
    var dictionaryPageByteCount: Int?
    var dictionaryDataPageCount = 0
    var plainDataPageCount = 0
    var bounds: TruncatedBounds?
    var pages: [PageMetadata] = []
}

/// One row group as it lies in a file, wherever that file has it.
public struct RowGroupMetadata: Sendable {
    /// The number of rows.
    public internal(set) var rowCount: Int
    /// The bytes of its pages, in the file.
    public internal(set) var byteCount: Int
    /// The bytes of its pages before compression.
    public internal(set) var uncompressedByteCount: Int
    var chunks: [ColumnChunkMetadata]
}

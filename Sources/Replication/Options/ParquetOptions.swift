/// How Parquet files are written.
public struct ParquetOptions: Sendable, Hashable {
    /// 128 MiB, uncompressed: large enough to scan fast, small enough that a reader can hold several.
    public static let defaultRowGroupSize = 128 << 20

    /// From 64 KiB, where metadata begins to outweigh the data, to 1 GiB, well below the 2 GiB of a page length.
    public static let allowedRowGroupSize = (64 << 10)...(1 << 30)

    /// A codec with its level; a level of nil is the codec's usual one.
    public enum Compression: Sendable, Hashable {
        /// Fast, and read everywhere: the default.
        case snappy
        /// Level 1 to 22; smaller files, read everywhere that matters.
        case zstd(level: Int?)
        /// Level 1 to 9.
        case gzip(level: Int?)
        /// LZ4_RAW, which Athena cannot read.
        case lz4
        /// Stored as encoded.
        case none
    }

    /// The codec of all pages.
    public var compression: Compression
    /// Bytes of uncompressed data after which a row group ends.
    public var rowGroupSize: Int

    /// Describes how files are written.
    public init(compression: Compression = .snappy, rowGroupSize: Int = Self.defaultRowGroupSize) {
        self.compression = compression
        self.rowGroupSize = rowGroupSize
    }
}

import Foundation
import Lake

extension CatalogEntry.Settings {
    /// What the tables of a lake have in common.
    ///
    /// - Parameter request: Which lake, and how its files are written.
    init(_ request: ReplicationRequest) {
        self.init(
            location: Self.location(of: request.lake),
            partitioning: request.athena?.partitions ?? .projection,
            compression: request.parquet.compression.catalogName,
            year: Self.year
        )
    }

    /// The folder of the lake's tables, as catalogs name it; without a slash at its end.
    static func location(of lake: LakeOptions) -> String {
        let location: String
        switch lake.location {
        case .s3: location = lake.displayName
        case .folder(let path):
            location = "file://" + URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
        }
        return location.hasSuffix("/") ? String(location.dropLast()) : location
    }

    /// The present year in UTC.
    static var year: Int { CalendarDate(daysSinceEpoch: Int32(clamping: Int(time(nil)) / 86_400)).parts.year }
}

extension ParquetOptions.Compression {
    /// What catalogs call the codec.
    fileprivate var catalogName: String {
        switch self {
        case .snappy: "SNAPPY"
        case .zstd: "ZSTD"
        case .gzip: "GZIP"
        case .lz4: "LZ4_RAW"
        case .none: "UNCOMPRESSED"
        }
    }
}

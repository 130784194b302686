import Foundation
import Lake

extension CatalogEntry.Settings {
    /// What the tables of a lake have in common.
    ///
    /// - Parameter request: Which lake, and how its files are written.
    init(_ request: ReplicationRequest) {
        let location: String
        switch request.lake.location {
        case .s3: location = request.lake.displayName
        case .folder(let path):
            location = "file://" + URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
        }
        self.init(
            location: location.hasSuffix("/") ? String(location.dropLast()) : location,
            partitioning: request.athena?.partitions ?? .projection,
            compression: request.parquet.compression.catalogName,
            year: Self.year
        )
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

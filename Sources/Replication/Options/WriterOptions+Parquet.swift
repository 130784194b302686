import Columnar
import Lake
import Parquet

extension WriterOptions {
    /// Takes over what the settings say.
    init(_ options: ParquetOptions) {
        switch options.compression {
        case .snappy: self.init(codec: .snappy, rowGroupByteCount: options.rowGroupSize)
        case .zstd(let level): self.init(codec: .zstd, compressionLevel: level, rowGroupByteCount: options.rowGroupSize)
        case .gzip(let level): self.init(codec: .gzip, compressionLevel: level, rowGroupByteCount: options.rowGroupSize)
        case .lz4: self.init(codec: .lz4, rowGroupByteCount: options.rowGroupSize)
        case .none: self.init(codec: .none, rowGroupByteCount: options.rowGroupSize)
        }
    }

    /// Takes over what the settings say, for files of current rows: key columns have bloom filters, except where values
    /// ascend and the page index says as much.
    ///
    /// - Parameters:
    ///   - options: The settings.
    ///   - key: The names of the key's columns.
    ///   - schema: The schema of the file; what of the key it lacks, or cannot have a filter, goes without.
    init(_ options: ParquetOptions, key: [String], of schema: TableSchema) {
        self.init(options)
        let filter = ColumnOptions(bloomFilter: BloomFilterOptions(isLeftOutWhereSorted: true))
        for field in schema.fields where key.contains(where: { $0.isSameName(as: field.name) }) {
            // Parquet has none for booleans, and no key looks for an element of a list.
            guard case .leaf(let type, _) = field.type, type != .boolean else { continue }
            columns[[field.name]] = filter
        }
    }
}

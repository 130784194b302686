/// The keys that one mapping of the settings file may have.
protocol SettingsKey: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {}

extension Settings {
    /// The file's outermost keys.
    enum Key: String, SettingsKey {
        case database, lake, parquet, flush, rewrite, tables, athena, monitoring
        case memoryLimit = "memory_limit"
        case spillDirectory = "spill_directory"
        case maskSalt = "mask_salt"
    }

    /// The keys of `database`.
    enum DatabaseKey: String, SettingsKey {
        case url, slot, publication, failover
    }

    /// The keys of `flush`.
    enum FlushKey: String, SettingsKey {
        case maxInterval = "max_interval"
        case maxSize = "max_size"
        case maxRows = "max_rows"
    }

    /// The keys of `rewrite`.
    enum RewriteKey: String, SettingsKey {
        case interval
        case compactChangesAfter = "compact_changes_after"
    }

    /// The keys of `lake`.
    enum LakeKey: String, SettingsKey {
        case url, profile, region, endpoint, encryption, tags
        case addressingStyle = "addressing_style"
        case expectedBucketOwner = "expected_bucket_owner"
        case kmsKey = "kms_key"
        case bucketKeyEnabled = "bucket_key_enabled"
        case storageClass = "storage_class"
    }

    /// The keys of `parquet`.
    enum ParquetKey: String, SettingsKey {
        case compression
        case compressionLevel = "compression_level"
        case rowGroupSize = "row_group_size"
    }

    /// The keys of `athena`.
    enum AthenaKey: String, SettingsKey {
        case database, workgroup, output, partitions
        case liveViews = "live_views"
    }

    /// The keys of `monitoring`.
    enum MonitoringKey: String, SettingsKey {
        case http
        case cloudWatch = "cloudwatch"
    }

    /// The keys of `monitoring.cloudwatch`.
    enum CloudWatchKey: String, SettingsKey {
        case namespace, region, interval
        case logGroup = "log_group"
        case logLevel = "log_level"
    }

    /// The keys of each entry of `tables`.
    enum TableKey: String, SettingsKey {
        case table, name, columns, deletes, mask
        case partitionBy = "partition_by"
        case timeZone = "time_zone"
        case excludeColumns = "exclude_columns"
    }

    /// The keys of each column in `columns`.
    enum ColumnKey: String, SettingsKey {
        case representation = "as"
    }

    /// Every key there is, by the path to it; a list's entries are `[]`, a column's name is `<column>`.
    static let keyPaths: [String] =
        Key.allCases.map(\.rawValue)
        + DatabaseKey.allCases.map { "database.\($0.rawValue)" }
        + LakeKey.allCases.map { "lake.\($0.rawValue)" }
        + ParquetKey.allCases.map { "parquet.\($0.rawValue)" }
        + FlushKey.allCases.map { "flush.\($0.rawValue)" }
        + RewriteKey.allCases.map { "rewrite.\($0.rawValue)" }
        + AthenaKey.allCases.map { "athena.\($0.rawValue)" }
        + MonitoringKey.allCases.map { "monitoring.\($0.rawValue)" }
        + CloudWatchKey.allCases.map { "monitoring.cloudwatch.\($0.rawValue)" }
        + TableKey.allCases.map { "tables[].\($0.rawValue)" }
        + ColumnKey.allCases.map { "tables[].columns.<column>.\($0.rawValue)" }
}

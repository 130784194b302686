import Ingest
import PostgresClient
import Replication
import Telemetry
import Yams

/// What the settings file, the environment and the command line say, each value checked.
///
/// The defaults are those of ``BackfillRequest``; database and lake have none.
struct Settings: Equatable, Sendable {
    /// The database to read from, once it is known.
    var database: DatabaseURL?
    /// The replication slot.
    var slot = ReplicationRequest.defaultName
    /// The publication.
    var publication = ReplicationRequest.defaultName
    /// Whether the slot follows to a standby.
    var isFailoverSlot = false
    /// When changes become files.
    var flush = FlushOptions()
    /// When pending changes are taken up by the files of rows.
    var rewrite = RewriteOptions()
    /// Where the lake is, once it is known.
    var location: LakeOptions.Location?
    /// How the lake is reached and written; where it is says `location`.
    var lake = LakeOptions(location: .folder(path: ""))
    /// How files are written.
    var parquet = ParquetOptions()
    /// Bytes that all row buffers together may take.
    var memoryLimit = BackfillRequest.defaultMemoryLimit
    /// Where rows go that do not fit into memory; nil is inside a folder lake, else the system's temporary folder.
    var spillDirectory: String?
    /// The salt of masks that are digests.
    var maskSalt: MaskSalt?
    /// The tables to export and what holds for them; empty for every table of the schema `public`.
    var tables: [TableRule] = []
    /// The catalog that is kept in step; nil if there is none.
    var athena: AthenaOptions?
    /// Where a run can be watched from.
    var monitoring = MonitoringOptions()
}

extension Settings {
    /// Values of the file that something stronger overrides; they are not looked at, so that a variable that only they
    /// need may be missing.
    struct Overrides: Equatable, Sendable {
        var database: DatabaseURL?
        var location: LakeOptions.Location?
    }

    /// Reads a settings file's text strictly.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - file: The file's name, for errors.
    ///   - environment: The variables that `${NAME}` may use.
    ///   - overrides: What replaces the file's values.
    /// - Throws: Every problem of the file in one error.
    init(
        yaml: String,
        file: String,
        environment: [String: String],
        overrides: Overrides = Overrides()
    ) throws(SettingsError) {
        let document = SettingsDocument(environment: environment)
        self.init(from: document.root(of: yaml), of: document, overrides: overrides)
        if !document.problems.isEmpty { throw SettingsError(file: file, problems: document.problems) }
    }

    private init(from node: Node?, of document: SettingsDocument, overrides: Overrides) {
        let root = SettingsSection<Key>(node, at: "", of: document)
        let database = root.section(.database, keys: DatabaseKey.self)
        self.database = overrides.database ?? database.text(.url, allowed: "a libpq URL", read: DatabaseURL.init)
        readSlot(database)
        readFlush(root.section(.flush, keys: FlushKey.self))
        readRewrite(root.section(.rewrite, keys: RewriteKey.self))
        readLake(root.section(.lake, keys: LakeKey.self), location: overrides.location)
        readParquet(root.section(.parquet, keys: ParquetKey.self))
        monitoring = MonitoringSettings.read(root.section(.monitoring, keys: MonitoringKey.self))
        memoryLimit = root.size(.memoryLimit, in: BackfillRequest.minimumMemoryLimit ... .max) ?? memoryLimit
        spillDirectory = root.text(.spillDirectory, allowed: "a local folder")
        maskSalt = root.text(.maskSalt, allowed: "a secret text").map { MaskSalt($0) }
        readAthena(root)
        let hasSalt = root.node(.maskSalt) != nil
        tables = TableSettings.rules(from: root.list(.tables, of: "tables"), of: document, hasSalt: hasSalt)
    }

    private mutating func readSlot(_ database: SettingsSection<DatabaseKey>) {
        let allowed = "1 to 63 of the characters a-z, 0-9 and _"
        let name = database.text(.slot, allowed: allowed) { text throws(SettingsRefusal) in
            let isPlain = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
            guard isPlain, (1...63).contains(text.utf8.count) else { throw SettingsRefusal(allowed: allowed) }
            return text
        }
        slot = name ?? slot
        publication = database.text(.publication, allowed: "a publication's name") ?? publication
        isFailoverSlot = database.flag(.failover) ?? isFailoverSlot
    }

    private mutating func readFlush(_ section: SettingsSection<FlushKey>) {
        flush.maximumInterval =
            section.duration(.maxInterval, in: .seconds(1) ... .seconds(86_400)) ?? flush.maximumInterval
        flush.maximumSize = section.size(.maxSize, in: (1 << 20)...(16 << 30)) ?? flush.maximumSize
        flush.maximumRows = section.integer(.maxRows, in: 1...1_000_000_000) ?? flush.maximumRows
    }

    private mutating func readRewrite(_ section: SettingsSection<RewriteKey>) {
        rewrite.interval = section.duration(.interval, in: RewriteOptions.allowedInterval) ?? rewrite.interval
        rewrite.compactChangesAfter =
            section.duration(.compactChangesAfter, in: RewriteOptions.allowedCompactionAge)
            ?? rewrite.compactChangesAfter
    }

    private mutating func readLake(
        _ lake: SettingsSection<LakeKey>,
        location override: LakeOptions.Location?
    ) {
        location = override ?? lake.text(.url, allowed: "s3://bucket/prefix or a folder", read: LakeURL.location)
        self.lake = LakeSettings(section: lake).read()
    }

    private mutating func readParquet(_ section: SettingsSection<ParquetKey>) {
        let codec = section.choice(.compression, of: ["snappy", "zstd", "gzip", "lz4", "none"]) ?? "snappy"
        switch codec {
        case "zstd":
            parquet.compression = .zstd(level: section.integer(.compressionLevel, in: 1...22))
        case "gzip":
            parquet.compression = .gzip(level: section.integer(.compressionLevel, in: 1...9))
        default:
            parquet.compression = codec == "lz4" ? .lz4 : codec == "none" ? .none : .snappy
            if let node = section.node(.compressionLevel) {
                let found = "a level although compression is \(codec)"
                let path = section.path(.compressionLevel)
                section.document.refuse(node, at: path, found: found, allowed: "a level with zstd (1-22) or gzip (1-9)")
            }
        }
        let allowedSize = ParquetOptions.allowedRowGroupSize
        parquet.rowGroupSize = section.size(.rowGroupSize, in: allowedSize) ?? parquet.rowGroupSize
    }
}

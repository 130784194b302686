public import Lake
public import PostgresClient
public import PostgresWire

/// Everything a backfill has to know: from where, to where, which tables and days, with what means.
public struct BackfillRequest: Sendable, Equatable {
    /// Two workers keep both cores of the smallest usual machine busy and load the database with two sessions.
    public static let defaultJobs = 2

    /// Beyond this the database's sessions, not the workers, are what is scarce.
    public static let allowedJobs = 1...64

    /// 512 MiB: enough for the days of one table at full row groups, little enough for a 1 GiB container.
    public static let defaultMemoryLimit = 512 << 20

    /// 16 MiB: less would not hold one batch and one page of each of a wide table's columns.
    public static let minimumMemoryLimit = 16 << 20

    /// The database to read from.
    public var database: DatabaseURL
    /// Where the files go.
    public var lake: LakeOptions
    /// Which days.
    public var mode: Mode
    /// Which tables; never empty, and a name that matches none is an error unless it has a wildcard.
    public var selection: [TablePattern]
    /// What the configuration says about tables; see ``options(schema:table:)``.
    public var rules: [TableRule]
    /// How files are written.
    public var parquet: ParquetOptions
    /// Bytes that all row buffers together may take.
    public var memoryLimit: Int
    /// Where rows go that do not fit into memory.
    public var spill: SpillLocation
    /// How many workers export at the same time.
    public var jobs: Int

    /// Describes a backfill; whatever is left out has its default.
    public init(
        database: DatabaseURL,
        lake: LakeOptions,
        mode: Mode,
        selection: [TablePattern],
        rules: [TableRule] = [],
        parquet: ParquetOptions = ParquetOptions(),
        memoryLimit: Int = Self.defaultMemoryLimit,
        spill: SpillLocation,
        jobs: Int = Self.defaultJobs
    ) {
        self.database = database
        self.lake = lake
        self.mode = mode
        self.selection = selection
        self.rules = rules
        self.parquet = parquet
        self.memoryLimit = memoryLimit
        self.spill = spill
        self.jobs = jobs
    }

    /// The options of a table: those of the rule with its exact name, else of the first rule whose wildcard matches,
    /// else the defaults.
    public func options(schema: String, table: String) -> TableOptions {
        let matching = rules.filter { $0.pattern.matches(schema: schema, table: table) }
        let rule = matching.first { $0.pattern.exactName != nil } ?? matching.first
        return rule?.options ?? TableOptions()
    }
}

// MARK: - Days

extension BackfillRequest {
    /// Which days are exported.
    public enum Mode: Sendable, Hashable {
        /// Every day; days of the lake that no longer have rows are removed.
        case full
        /// The days of a period; other days stay as they are.
        case incremental(Period)
    }

    /// The days of an incremental backfill.
    public enum Period: Sendable, Hashable {
        /// The day before today, each table by its own time zone.
        case yesterday
        /// All days from the first to the last, both included.
        case days(from: CalendarDate, through: CalendarDate)
    }
}

// MARK: - Lake

extension BackfillRequest {
    /// A lake and how it is reached.
    public struct LakeOptions: Sendable, Hashable {
        /// Where the lake is.
        public enum Location: Sendable, Hashable {
            /// A folder, absolute or relative to the working directory.
            case folder(path: String)
            /// The objects of a bucket whose keys begin with the prefix and a slash; an empty prefix is the whole bucket.
            case s3(bucket: String, prefix: String)
        }

        /// How S3 encrypts what is stored.
        public enum Encryption: Sendable, Hashable {
            /// Nothing is asked for: the bucket's own default applies.
            case none
            /// With keys that S3 manages (SSE-S3).
            case aes256
            /// With a key of AWS KMS, by identifier, alias or ARN; nil is the account's key for S3.
            case kms(key: String?)
        }

        /// Where the lake is.
        public var location: Location
        /// The AWS region; nil leaves it to the environment and the shared files of AWS.
        public var region: String?
        /// The address of an S3-compatible store, without bucket; nil is AWS.
        public var endpoint: String?
        /// The encryption asked for with each object; a folder ignores it.
        public var encryption: Encryption

        /// Describes a lake.
        public init(
            location: Location,
            region: String? = nil,
            endpoint: String? = nil,
            encryption: Encryption = .none
        ) {
            self.location = location
            self.region = region
            self.endpoint = endpoint
            self.encryption = encryption
        }
    }

    /// Where rows go that do not fit into memory.
    public enum SpillLocation: Sendable, Hashable {
        /// Within the lake's own folder, where the finished files will be anyway.
        case insideLake
        /// A local folder.
        case folder(path: String)
    }
}

// MARK: - Files

extension BackfillRequest {
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
}

// MARK: - Tables

extension BackfillRequest {
    /// What the configuration says about the tables of one name or pattern.
    public struct TableRule: Sendable, Hashable {
        /// The tables this is about.
        public var pattern: TablePattern
        /// What holds for them.
        public var options: TableOptions

        /// Ties options to tables.
        public init(pattern: TablePattern, options: TableOptions) {
            self.pattern = pattern
            self.options = options
        }
    }

    /// What can be set for a table.
    ///
    /// Column names are exactly those of the database.
    public struct TableOptions: Sendable, Hashable {
        /// What applications call the time of a row's creation.
        public static let defaultPartitionColumn = "created_at"

        /// Days begin at midnight UTC unless told otherwise, the same on every machine.
        public static let defaultTimeZone = "UTC"

        /// The table's folder in the lake; nil derives it from schema and table.
        public var name: String?
        /// The column whose day a row belongs to; nil is ``defaultPartitionColumn``, which the table may lack.
        public var partitionColumn: String?
        /// The IANA name of the time zone in which days begin.
        public var timeZone: String
        /// Columns that are not exported.
        public var excludedColumns: Set<String>
        /// Columns that are stored otherwise than by default.
        public var representations: [String: Representation]

        /// Describes a table's options; whatever is left out has its default.
        public init(
            name: String? = nil,
            partitionColumn: String? = nil,
            timeZone: String = Self.defaultTimeZone,
            excludedColumns: Set<String> = [],
            representations: [String: Representation] = [:]
        ) {
            self.name = name
            self.partitionColumn = partitionColumn
            self.timeZone = timeZone
            self.excludedColumns = excludedColumns
            self.representations = representations
        }
    }

    /// How a column is stored when not by default.
    public enum Representation: Sendable, Hashable {
        /// A numeric column as DECIMAL; values that do not fit are rescued.
        case decimal(precision: Int, scale: Int)
        /// A numeric column as DOUBLE.
        case double
        /// A uuid column as Parquet's UUID.
        case uuid
        /// A time column as TIME in microseconds.
        case time
    }
}

public import Ingest
public import Lake
public import PostgresClient
public import PostgresWire
public import Telemetry

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
    /// What is replicated beside; of tables that a stream of this slot carries, only what the publication has is exported.
    public var replication: Replication?
    /// The salt of masks that are digests.
    public var maskSalt: MaskSalt?
    /// The catalog that has to know of years before there are days of them; nil without one.
    public var athena: AthenaOptions?
    /// Where it can be watched from.
    public var monitoring: MonitoringOptions
    /// The tables that the stream carries, whether or not its checkpoint names them yet; nil to find out which streams
    /// carry them.
    var streamedTables: [Checkpoint.Table]?
    /// Whose work it is.
    var purpose = Purpose.export
    /// Names of tables in the lake that are settled already, by OID.
    var lakeNames: [UInt32: String] = [:]
    /// Schema and name under which streamed tables were first seen, or are known to their stream, by OID.
    ///
    /// What is set for them goes on to hold when they are renamed.
    var firstNames: [UInt32: [String]] = [:]

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
        jobs: Int = Self.defaultJobs,
        replication: Replication? = nil,
        maskSalt: MaskSalt? = nil,
        athena: AthenaOptions? = nil,
        monitoring: MonitoringOptions = MonitoringOptions()
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
        self.replication = replication
        self.maskSalt = maskSalt
        self.athena = athena
        self.monitoring = monitoring
    }

    /// The options of a table: those of the rule with its exact name, else of the first rule whose wildcard matches,
    /// else the defaults.
    public func options(schema: String, table: String) -> TableOptions {
        rules.options(schema: schema, table: table)
    }

    /// The rule of a table that the database has, also if it was renamed since a stream has first seen it.
    func rule(of table: SourceTable) -> TableRule? {
        rules.rule(schema: table.schema, table: table.name, first: firstNames[table.oid])
    }

    /// The options of a table that the database has, also if it was renamed since a stream has first seen it.
    func options(of table: SourceTable) -> TableOptions { rule(of: table)?.options ?? TableOptions() }

    /// Notes under which names tables were first seen, of those that none is noted of.
    mutating func noteFirstNames(of tables: [Checkpoint.Table]) {
        for table in tables where firstNames[table.oid] == nil {
            // What the stream calls it is what the settings call it until a change has shown another name.
            firstNames[table.oid] = table.first ?? [table.schema, table.table]
        }
    }
}

// MARK: - Purpose

extension BackfillRequest {
    /// Whose work an export is, for the records of runs.
    enum Purpose: Sendable, Hashable {
        /// That of whoever asked for it.
        case export
        /// Of a stream that carries tables which the lake does not have yet.
        case initialLoad
        /// Of days that lack rows which changes build on.
        case repair
        /// Of days that differ from the database.
        case correction

        /// The command of which it is a part.
        var command: String {
            switch self {
            case .export: "backfill"
            case .initialLoad: "replicate"
            case .repair: "rewrite"
            case .correction: "validate"
            }
        }
    }

    /// What is exported, for the records of runs.
    var modeText: String {
        switch purpose {
        case .initialLoad: return "load"
        case .repair, .correction: return "repair"
        case .export: break
        }
        switch mode {
        case .full: return "full"
        case .incremental(.yesterday): return "incremental yesterday"
        case .incremental(.days(let first, let last)):
            return first == last ? "incremental \(first)" : "incremental \(first) to \(last)"
        }
    }
}

// MARK: - Replication

extension BackfillRequest {
    /// What is replicated by one slot.
    public struct Replication: Sendable, Equatable {
        /// The slot.
        public var slot: String
        /// The publication that its stream is of.
        public var publication: String

        /// Names slot and publication.
        public init(slot: String, publication: String) {
            self.slot = slot
            self.publication = publication
        }
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

        /// The days of a table.
        ///
        /// - Parameters:
        ///   - timeZone: The table's time zone.
        ///   - now: Microseconds since 1970-01-01 00:00 UTC.
        /// - Returns: The first and the last of them.
        func days(in timeZone: String, now: Int64) -> ClosedRange<CalendarDate> {
            switch self {
            case .days(let first, let last): return first...last
            case .yesterday:
                let day = LocalDays(zoneName: timeZone)?.day(holding: now).day ?? Int(now / 86_400_000_000)
                let yesterday = CalendarDate(daysSinceEpoch: Int32(clamping: day - 1))
                return yesterday...yesterday
            }
        }
    }
}

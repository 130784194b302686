public import Ingest
public import PostgresClient
public import PostgresWire
public import Telemetry

/// Everything that continuous replication has to know.
public struct ReplicationRequest: Sendable {
    /// The names of slot and publication unless told otherwise.
    public static let defaultName = "sluice"

    /// When replication ends by itself.
    public enum End: Sendable, Hashable {
        /// Only when it is told to stop.
        case never
        /// When everything that was committed at its start is durable, initial loads included.
        case whenCaughtUp
        /// When everything up to a position is durable.
        case at(LSN)
    }

    /// The database to read from.
    public var database: DatabaseURL
    /// The slot that keeps the changes until they are durable.
    public var slot: String
    /// The publication that says which changes.
    public var publication: String
    /// Whether the slot follows to a standby (PostgreSQL 17).
    public var isFailoverSlot: Bool
    /// Where the files go.
    public var lake: LakeOptions
    /// Which tables; empty for all of the publication, or of the schema `public` while there is none.
    public var selection: [TablePattern]
    /// What the configuration says about tables.
    public var rules: [TableRule]
    /// How files are written.
    public var parquet: ParquetOptions
    /// When changes become files.
    public var flush: FlushOptions
    /// When pending changes are taken up by the files of rows.
    public var rewrite: RewriteOptions
    /// Whether this process does that; otherwise another one has to.
    public var rewritesDays: Bool
    /// Bytes that all row buffers together may take.
    public var memoryLimit: Int
    /// Where rows go that do not fit into memory.
    public var spill: SpillLocation
    /// How many workers export tables that the lake does not have yet.
    public var jobs: Int
    /// When to end.
    public var end: End
    /// The salt of masks that are digests.
    public var maskSalt: MaskSalt?
    /// The catalog that is kept in step; nil if there is none.
    public var athena: AthenaOptions?
    /// Where it can be watched from.
    public var monitoring: MonitoringOptions
    /// Where it tells what it does.
    public var instruments = Instruments()

    /// Describes replication; whatever is left out has its default.
    public init(
        database: DatabaseURL,
        slot: String = Self.defaultName,
        publication: String = Self.defaultName,
        isFailoverSlot: Bool = false,
        lake: LakeOptions,
        selection: [TablePattern] = [],
        rules: [TableRule] = [],
        parquet: ParquetOptions = ParquetOptions(),
        flush: FlushOptions = FlushOptions(),
        rewrite: RewriteOptions = RewriteOptions(),
        rewritesDays: Bool = true,
        memoryLimit: Int = BackfillRequest.defaultMemoryLimit,
        spill: SpillLocation,
        jobs: Int = BackfillRequest.defaultJobs,
        end: End = .never,
        maskSalt: MaskSalt? = nil,
        athena: AthenaOptions? = nil,
        monitoring: MonitoringOptions = MonitoringOptions()
    ) {
        self.database = database
        self.slot = slot
        self.publication = publication
        self.isFailoverSlot = isFailoverSlot
        self.lake = lake
        self.selection = selection
        self.rules = rules
        self.parquet = parquet
        self.flush = flush
        self.rewrite = rewrite
        self.rewritesDays = rewritesDays
        self.memoryLimit = memoryLimit
        self.spill = spill
        self.jobs = jobs
        self.end = end
        self.maskSalt = maskSalt
        self.athena = athena
        self.monitoring = monitoring
    }

    /// Whether a published table is wanted.
    func isSelected(schema: String, table: String) -> Bool {
        selection.isEmpty || selection.contains { $0.matches(schema: schema, table: table) }
    }

    /// The options of a table.
    func options(schema: String, table: String) -> TableOptions { rules.options(schema: schema, table: table) }
}

extension [TableRule] {
    /// The options of a table: those of its rule, else the defaults.
    func options(schema: String, table: String, first: [String]? = nil) -> TableOptions {
        rule(schema: schema, table: table, first: first)?.options ?? TableOptions()
    }

    /// The rule of a table: the one with its exact name, else the first one whose wildcard matches.
    ///
    /// Of a table that was first seen under another name (`first`: schema and name) the rules for that name go on to
    /// hold: renaming it must not bring columns into the lake that are left out.
    func rule(schema: String, table: String, first: [String]? = nil) -> TableRule? {
        let names = [[schema, table]] + (first.map { [$0] } ?? [])
        let matching = names.flatMap { name in filter { $0.pattern.matches(schema: name[0], table: name[1]) } }
        return matching.first { $0.pattern.exactName != nil } ?? matching.first
    }
}

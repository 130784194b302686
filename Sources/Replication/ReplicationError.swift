import ObjectStorage
import PostgresClient

/// Why a table, or the whole backfill, could not be exported; the text says what to do.
public struct ReplicationError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public struct Code: Sendable, Equatable {
        private enum Kind: Sendable, Equatable {
            case configuration, database, lake, catalog, disk, data, cancelled, tables, slot, replaced
        }
        private let kind: Kind

        /// The settings do not fit the database.
        public static let configuration = Code(kind: .configuration)
        /// The database cannot be reached, or refuses.
        public static let database = Code(kind: .database)
        /// The lake cannot be reached, or refuses.
        public static let lake = Code(kind: .lake)
        /// The catalog of tables cannot be reached, or refuses.
        public static let catalog = Code(kind: .catalog)
        /// Files for rows that do not fit into memory cannot be written.
        public static let disk = Code(kind: .disk)
        /// The database sent what cannot be decoded.
        public static let data = Code(kind: .data)
        /// The run was told to stop.
        public static let cancelled = Code(kind: .cancelled)
        /// The slot and the lake do not belong together any more: changes would be missing.
        public static let slot = Code(kind: .slot)
        /// Another process has taken over.
        public static let replaced = Code(kind: .replaced)
        /// Some tables failed; each has been logged.
        public static let tables = Code(kind: .tables)
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence, with the remedy.
    ///
    /// Holds no row values and no secrets.
    public let description: String
    /// Whether the same work may succeed a little later.
    public let isTransient: Bool
    /// Whether no connection to the database could be made.
    let isConnectFailure: Bool
    /// Whether a local disk has no room: a stream waits for some, what runs once ends.
    let isDiskFull: Bool
    /// The object of the lake that is there and is not whole.
    let damagedKey: String?

    init(
        _ code: Code,
        _ description: String,
        isTransient: Bool = false,
        isConnectFailure: Bool = false,
        isDiskFull: Bool = false,
        damagedKey: String? = nil
    ) {
        self.code = code
        self.description = description
        self.isTransient = isTransient
        self.isConnectFailure = isConnectFailure
        self.isDiskFull = isDiskFull
        self.damagedKey = damagedKey
    }

    /// Whether a stream may go on after it; a server that was there once comes back, while settings that are wrong are
    /// told at the start.
    func mayPass(hasBegun: Bool) -> Bool { isTransient || isDiskFull || hasBegun && isConnectFailure }

    /// A table's rows cannot be exported from a standby beside its changes.
    static func standby(table: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "table \(table) cannot be exported from a standby, as a stream brings its changes into this lake: a standby does "
                + "not know which transactions are running on the primary, so that changes would be missing or come "
                + "twice; set database.url to the primary"
        )
    }

    static let cancelled = ReplicationError(.cancelled, "stopped before the end")

    /// A failure of the database while working on a table.
    init(_ error: PostgresError, table: String?) {
        let place = table.map { "table \($0): " } ?? ""
        let isTransient = error.code == .connectionLost || Self.transientStates.contains(error.sqlState ?? "")
        switch error.sqlState {
        case "42501":
            self.init(.database, "\(place)\(error.message); \(Self.remedy(forRefusal: error.message))")
        case "22021", "22P05":
            self.init(
                .database,
                "\(place)\(error); the table holds text that is not valid in its encoding: correct it, or leave the "
                    + "column out with exclude_columns"
            )
        case "53100":
            self.init(.database, "\(place)the database server's disk is full: \(error.message)")
        default:
            self.init(.database, "\(place)\(error)", isTransient: isTransient)
        }
    }

    init(_ error: ObjectStorageError) {
        self.init(.lake, "\(error)", isTransient: error.isTransient)
    }

    /// What to do about SQLSTATE 42501, which the server sends for several things; its words are English unless
    /// `lc_messages` says otherwise.
    private static func remedy(forRefusal message: String) -> String {
        if message.contains("row-level security") {
            return
                "rows would be missing: use a role with BYPASSRLS, or the table's owner without FORCE ROW LEVEL SECURITY"
        }
        if message.contains("schema") { return "run GRANT USAGE on that schema for the role of database.url" }
        return "run GRANT SELECT on it for the role of database.url, or leave its columns out with exclude_columns"
    }

    /// Shutdown, recovery conflicts and overload pass; a relation or column that is gone was there when the table was
    /// planned, and the next plan knows better (PostgreSQL documentation, appendix A).
    private static let transientStates: Set<String> = [
        "08000", "08003", "08006", "40001", "42703", "42P01", "53300", "57P01", "57P02", "57P03",
    ]
}

import PostgresClient
import PostgresWire

/// What the server says of a slot at one moment, whatever condition it is in.
struct SlotReading: Sendable, Equatable {
    /// What the slot is, if it is not one of pgoutput in this database: `a physical slot`.
    var foreignKind: String?
    /// The server process that reads it.
    var activePID: String?
    /// Everything that ends here or before is forgotten, or may be.
    var confirmed: LSN?
    /// Where the WAL begins that is kept for it; nil once that is lost.
    var restart: LSN?
    /// `reserved`, `extended`, `unreserved` or `lost`.
    var walStatus: String
    /// Bytes that may be written until WAL of this slot is removed; nil without a limit, and when it is lost.
    var safeByteCount: Int?
    /// What its reader is to commits on the server: `async`, or a synchronous standby; nil if nobody may tell.
    var syncState: String?

    /// Looks at a slot.
    ///
    /// - Returns: What there is, or nil if there is no such slot.
    static func read(_ name: String, on connection: borrowing PostgresConnection) throws(PostgresError) -> SlotReading?
    {
        let row = try connection.query(
            """
            SELECT s.active_pid, s.confirmed_flush_lsn, s.restart_lsn, coalesce(s.wal_status, ''), s.safe_wal_size,
                   s.plugin, s.database, pg_catalog.current_database(), s.temporary, r.sync_state
            FROM pg_catalog.pg_replication_slots s
            LEFT JOIN pg_catalog.pg_stat_replication r ON r.pid = s.active_pid
            WHERE s.slot_name = $1
            """,
            [name]
        ).rows.first
        guard let row else { return nil }
        var reading = SlotReading(
            activePID: row[0],
            confirmed: row[1].flatMap { LSN($0) },
            restart: row[2].flatMap { LSN($0) },
            walStatus: row[3] ?? "",
            safeByteCount: row[4].flatMap(Int.init),
            syncState: row[9]
        )
        if let plugin = row[5] {
            let isOurs = plugin == "pgoutput" && row[6] == row[7] && row[8] != "t"
            reading.foreignKind = isOurs ? nil : "a slot of plugin \(plugin) in database \(row[6] ?? "")"
        } else {
            reading.foreignKind = "a physical slot"
        }
        return reading
    }
}

/// What a server says of itself at one moment.
struct ServerReading: Sendable, Equatable {
    var version: String
    var isStandby: Bool
    /// The end of the WAL that is flushed, on a standby of what is replayed.
    var position: LSN
    /// `max_slot_wal_keep_size` in bytes; nil if there is no limit.
    var keepLimit: Int?
    var database: String
    /// The cluster's identifier; nil if the role may not read it.
    var system: String?

    /// Looks at the server.
    static func read(on connection: borrowing PostgresConnection) throws(PostgresError) -> ServerReading {
        let row =
            try connection.query(
                """
                SELECT pg_catalog.pg_is_in_recovery(),
                       CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                            ELSE pg_catalog.pg_current_wal_flush_lsn() END,
                       (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'),
                       pg_catalog.current_database()
                """
            ).rows.first ?? [nil, nil, nil, nil]
        let megabytes = row[2].flatMap(Int.init) ?? -1
        // Not everybody may: some hosted servers refuse it.
        let system = try? connection.query("SELECT system_identifier FROM pg_catalog.pg_control_system()").scalar
        return ServerReading(
            version: connection.parameterStatus("server_version") ?? "?",
            isStandby: row[0] == "t",
            position: row[1].flatMap { LSN($0) } ?? LSN(rawValue: 0),
            keepLimit: megabytes < 0 ? nil : megabytes << 20,
            database: row[3] ?? "",
            system: system
        )
    }

    /// The bytes of WAL that are kept for a slot; nil once they are lost.
    func retainedByteCount(of slot: SlotReading) -> Int? { slot.restart.map { position.byteCount(since: $0) } }
}

extension LSN {
    /// The bytes from an earlier position to this one, 0 if it is not earlier.
    func byteCount(since earlier: LSN) -> Int { self > earlier ? Int(clamping: rawValue - earlier.rawValue) : 0 }
}

import Lake
import Logging
import PostgresClient
import PostgresWire

/// The slot: what it says of itself, and how it is made.
struct ReplicationSlot {
    let name: String
    let isFailover: Bool
    let logger: Logger

    /// A row of `pg_replication_slots`.
    struct State: Sendable {
        /// The process that reads it.
        var activePID: String?
        /// Everything that ends here or before is forgotten, or may be.
        var confirmed: LSN
        /// `reserved`, `extended`, `unreserved` or `lost`.
        var walStatus: String
    }

    /// Looks at the slot.
    ///
    /// - Returns: Its state, or nil if there is none.
    /// - Throws: ``ReplicationError`` if it is of no use for this database.
    func state(on connection: borrowing PostgresConnection) throws -> State? {
        let rows: [[String?]]
        do {
            rows = try connection.query(
                """
                SELECT active_pid, confirmed_flush_lsn, coalesce(wal_status, ''), plugin, database,
                       pg_catalog.current_database(), temporary
                FROM pg_catalog.pg_replication_slots WHERE slot_name = $1
                """,
                [name]
            ).rows
        } catch {
            throw ReplicationError(error, table: nil)
        }
        guard let row = rows.first else { return nil }
        guard row[3] == "pgoutput", row[4] == row[5], row[6] != "t" else {
            let what = row[3].map { "plugin \($0), database \(row[4] ?? "")" } ?? "a physical slot"
            throw ReplicationError(
                .configuration,
                "slot \(name) is not usable (\(what)); set database.slot to another name, or drop the slot"
            )
        }
        let state = State(
            activePID: row[0],
            confirmed: row[1].flatMap { LSN($0) } ?? LSN(rawValue: 0),
            walStatus: row[2] ?? ""
        )
        guard state.walStatus != "lost" else { throw lost }
        return state
    }

    /// What is said of a slot whose changes the server has thrown away.
    var lost: ReplicationError {
        ReplicationError(
            .slot,
            "slot \(name) is lost: the server has removed WAL that it needed (max_slot_wal_keep_size), so changes are "
                + "missing; run sluice drop, then sluice replicate, which loads all tables again"
        )
    }

    /// Makes the slot; waits until every transaction that is writing has ended.
    ///
    /// - Returns: Where its changes begin.
    func create(on connection: borrowing PostgresConnection) throws -> LSN {
        logger.info("creating slot \(name); this waits for the transactions that are writing now")
        do {
            let options =
                switch connection.serverVersion {
                case 170_000...: isFailover ? "(SNAPSHOT 'nothing', FAILOVER)" : "(SNAPSHOT 'nothing')"
                case 150_000...: "(SNAPSHOT 'nothing')"
                default: "NOEXPORT_SNAPSHOT"
                }
            let row = try connection.command(
                "CREATE_REPLICATION_SLOT \(try connection.quote(identifier: name)) LOGICAL pgoutput \(options)"
            ).rows.first
            guard let row, row.count >= 2, let point = row[1].flatMap({ LSN($0) }) else {
                throw ReplicationError(.database, "the server did not say where slot \(name) begins")
            }
            logger.info("created slot \(name)", metadata: ["lsn": "\(point)"])
            return point
        } catch let error as PostgresError {
            throw failure(error)
        }
    }

    /// What is said when the server refuses a replication command.
    func failure(_ error: PostgresError) -> ReplicationError {
        switch error.sqlState {
        case "55006":
            return ReplicationError(.database, "slot \(name) is in use: \(error.message)", isTransient: true)
        case "42704" where error.message.contains(name):
            return ReplicationError(
                .slot,
                "slot \(name) does not exist any more, so changes are missing; run sluice drop, then sluice replicate, "
                    + "which loads all tables again"
            )
        case "55000" where error.message.contains("wal_level"):
            return ReplicationError(
                .configuration,
                "\(error.message); \(Server.logicalRemedy)"
            )
        case "55000": return lost
        case "53400":
            return ReplicationError(
                .configuration,
                "\(error.message); raise max_replication_slots or drop a slot that is not used any more"
            )
        case "42501":
            return ReplicationError(
                .configuration,
                "\(error.message); run ALTER ROLE … REPLICATION for the role of database.url"
            )
        default: return ReplicationError(error, table: nil)
        }
    }
}

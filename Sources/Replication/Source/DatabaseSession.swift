import Foundation
import PostgresClient

/// Opens sessions: the same settings for each, whatever role and database say.
struct DatabaseSession {
    let url: DatabaseURL
    let control: RunControl
    /// How long to go on trying while no connection can be made: a server that was there a moment ago may be starting.
    var patience = Duration.zero

    /// Settings that decide how values look as text, and limits that must not end a long export.
    private static let settings = [
        ("datestyle", "ISO"), ("intervalstyle", "postgres"), ("timezone", "UTC"), ("extra_float_digits", "3"),
        ("bytea_output", "hex"), ("lc_monetary", "C"), ("xmloption", "content"), ("search_path", ""),
        ("row_security", "off"), ("client_encoding", "UTF8"), ("quote_all_identifiers", "off"),
        // What is asked of the catalog is cheap, whatever the planner thinks, and of an export nothing is computed.
        ("jit", "off"), ("statement_timeout", "0"), ("lock_timeout", "0"),
        // A commit that waits for a synchronous standby may wait for the very stream that is about to begin.
        ("synchronous_commit", "local"),
        ("idle_in_transaction_session_timeout", "0"), ("synchronize_seqscans", "off"),
    ]

    /// Limits that only some releases know.
    private static let newerLimits = ["idle_session_timeout", "transaction_timeout"]

    /// What a session is for.
    enum Purpose {
        /// Queries and COPY.
        case queries
        /// The commands of the replication protocol.
        case replication
    }

    /// Connects; what the connection runs ends when the run is cancelled.
    ///
    /// - Throws: ``ReplicationError`` that names host, port and user, never the password.
    func connect(for purpose: Purpose = .queries) throws(ReplicationError) -> PostgresConnection {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try connectOnce(for: purpose)
            } catch {
                guard error.isConnectFailure, ContinuousClock.now < deadline, !control.isCancelled else { throw error }
                Thread.sleep(forTimeInterval: Double.random(in: 0.2...0.8))
            }
        }
    }

    private func connectOnce(for purpose: Purpose) throws(ReplicationError) -> PostgresConnection {
        do {
            var defaults = [
                ("application_name", "sluice"), ("fallback_application_name", "sluice"),
                ("client_encoding", "UTF8"), ("connect_timeout", "10"), ("keepalives_idle", "30"),
                // A peer that is gone without a word is noticed within a minute.
                ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
            ]
            if purpose == .replication { defaults.append(("replication", "database")) }
            let connection = try PostgresConnection(uri: url.connectionString, defaults: defaults)
            let list = Self.settings.map { "pg_catalog.set_config('\($0.0)', '\($0.1)', false)" }
            try connection.command("SELECT " + list.joined(separator: ", "))
            let newer = Self.newerLimits.map { "'\($0)'" }.joined(separator: ", ")
            try connection.command(
                "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN (\(newer))"
            )
            if let interrupt = connection.makeInterrupt() { control.onCancel { interrupt.send() } }
            // From here on a cancellation ends what the connection runs; one that came before would be missed.
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            return connection
        } catch let error as PostgresError {
            if error.code == .connect { throw connectError(error, purpose) }
            throw ReplicationError(error, table: nil)
        } catch {
            throw (error as? ReplicationError) ?? ReplicationError(.database, "\(error)")
        }
    }

    private func connectError(_ error: PostgresError, _ purpose: Purpose) -> ReplicationError {
        if purpose == .replication, error.message.contains("walsender") {
            return ReplicationError(
                .configuration,
                "\(error.message); run ALTER ROLE \(url.user ?? "…") REPLICATION as a superuser"
            )
        }
        let host = url.host ?? "the default host"
        let port = url.port ?? "5432"
        let user = url.user ?? "the default user"
        return ReplicationError(
            .database,
            "cannot connect to PostgreSQL at \(host), port \(port), as user \(user): \(error.message); check that the "
                + "server runs and that database.url, PGPASSWORD or ~/.pgpass and pg_hba.conf allow it",
            isConnectFailure: true
        )
    }
}

/// The one snapshot that all workers of a run read.
struct SharedSnapshot: Sendable, Equatable {
    /// The identifier that `SET TRANSACTION SNAPSHOT` takes.
    var identifier: String
    /// `pg_current_snapshot()`, which says exactly which transactions the rows include; absent on a standby.
    var transactions: String?
    /// The WAL position after the snapshot was taken.
    var lsn: String

    /// Begins the transaction that owns the snapshot and exports it; it lives as long as that transaction.
    static func export(on connection: borrowing PostgresConnection) throws(PostgresError) -> SharedSnapshot {
        try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        let identifier = try connection.query("SELECT pg_catalog.pg_export_snapshot()").scalar ?? ""
        // A standby's snapshot does not list the transactions that run on the primary, so it cannot be recorded.
        let isStandby = try connection.query("SELECT pg_catalog.pg_is_in_recovery()").scalar == "t"
        let transactions =
            isStandby ? nil : try connection.query("SELECT pg_catalog.pg_current_snapshot()").scalar
        let function = isStandby ? "pg_last_wal_replay_lsn" : "pg_current_wal_insert_lsn"
        let lsn = try connection.query("SELECT pg_catalog.\(function)()").scalar ?? "0/0"
        return SharedSnapshot(identifier: identifier, transactions: transactions, lsn: lsn)
    }

    /// Begins a transaction that sees exactly this snapshot.
    func adopt(on connection: borrowing PostgresConnection) throws(PostgresError) {
        try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try connection.query("SET TRANSACTION SNAPSHOT \(try connection.quote(literal: identifier))")
    }
}

import Logging
import PostgresClient

/// Keeps others from rewriting relations while they are read, and makes sure that each still is the one that the
/// snapshot knows.
struct RelationLock {
    /// How long a lock is waited for before the log says who holds it; and then before it says so again.
    private static let (patience, reminder) = (Duration.seconds(1), Duration.seconds(60))
    private static let lockNotAvailable = "55P03"

    /// For messages.
    let table: String
    let logger: Logger
    /// How long the locks of a table may be waited for; nil for as long as it takes.
    var limit: Duration?

    /// Takes ACCESS SHARE on the relations until the transaction ends.
    ///
    /// - Throws: A transient ``ReplicationError`` if one has been dropped, renamed, truncated or rewritten since the
    ///   snapshot was taken: it would look empty, or another table would be read in its place. One that is not transient
    ///   if a lock was waited for too long.
    func take(_ relations: [UInt32], on connection: borrowing PostgresConnection) throws {
        let deadline = limit.map { ContinuousClock.now + $0 }
        for relation in relations {
            let row = try connection.query(
                """
                SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
                       c.relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid
                """,
                [String(relation)]
            ).rows.first
            guard let row, let name = row[0] else { continue }
            // Foreign tables cannot be locked, and others not without the privilege on the whole relation: there the
            // query's own lock has to do.
            if row[1] == "t" { try wait(for: name, relation, until: deadline, on: connection) }
            try checkIdentity(of: name, relation, on: connection)
        }
    }

    private func wait(
        for name: String,
        _ relation: UInt32,
        until deadline: ContinuousClock.Instant?,
        on connection: borrowing PostgresConnection
    ) throws {
        var rest: Duration { deadline.map { $0 - .now } ?? Self.reminder }
        try connection.query("SAVEPOINT before_lock")
        var timeout = Self.patience
        while try !lock(name, within: min(timeout, max(.milliseconds(1), rest)), on: connection) {
            // Those who wait for the lock themselves stand before this session in the queue.
            let holders = try connection.query(
                """
                SELECT pg_catalog.string_agg(DISTINCT pid::text, ', ') FROM pg_catalog.pg_locks
                WHERE relation = $1::oid AND mode = 'AccessExclusiveLock'
                  AND database = (SELECT oid FROM pg_catalog.pg_database
                                  WHERE datname = pg_catalog.current_database())
                """,
                [String(relation)]
            ).scalar
            guard rest > .zero else {
                throw ReplicationError(
                    .database,
                    "table \(table) has been locked for too long by another session (pid \(holders ?? "unknown")); run the "
                        + "same command again when that is through, or wait for longer with --wait"
                )
            }
            logger.warning(
                "table \(table) is locked by another session and is waited for",
                metadata: ["pid": "\(holders ?? "unknown")"]
            )
            timeout = Self.reminder
        }
        try connection.query("RELEASE SAVEPOINT before_lock")
    }

    /// Tries for a while to get the lock.
    private func lock(
        _ name: String,
        within timeout: Duration,
        on connection: borrowing PostgresConnection
    ) throws(PostgresError) -> Bool {
        try connection.query("SET LOCAL lock_timeout = \(max(1, Int(timeout / .milliseconds(1))))")
        do {
            try connection.query("LOCK TABLE ONLY \(name) IN ACCESS SHARE MODE")
        } catch {
            guard error.sqlState == Self.lockNotAvailable else { throw error }
            try connection.query("ROLLBACK TO SAVEPOINT before_lock")
            return false
        }
        try connection.query("SET LOCAL lock_timeout = 0")
        return true
    }

    private func checkIdentity(
        of name: String,
        _ relation: UInt32,
        on connection: borrowing PostgresConnection
    ) throws {
        // The columns are those of the snapshot, the functions look at the present.
        let isSame = try connection.query(
            """
            SELECT pg_catalog.to_regclass($2)::oid = oid
                   AND (relfilenode = 0 OR relfilenode = pg_catalog.pg_relation_filenode(oid))
            FROM pg_catalog.pg_class WHERE oid = $1::oid
            """,
            [String(relation), name]
        ).scalar
        guard isSame == "t" else {
            throw ReplicationError(
                .database,
                "table \(table) was dropped, renamed, truncated or rewritten while the export began; run the same "
                    + "command again",
                isTransient: true
            )
        }
    }
}

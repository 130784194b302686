import Logging
import PostgresClient

/// Keeps others from rewriting relations while they are read, and makes sure that nobody has since the snapshot was
/// taken: a rewriting ALTER or a TRUNCATE makes a table look empty to an older snapshot.
struct RelationLock {
    /// How long a lock is waited for before the log says who holds it.
    private static let patience = "5s"
    private static let lockNotAvailable = "55P03"

    /// For messages.
    let table: String
    let logger: Logger
    let control: RunControl

    /// Takes ACCESS SHARE on the relations until the transaction ends.
    ///
    /// - Throws: ``BackfillError`` if a relation was rewritten, or the run is told to stop while waiting.
    func take(_ relations: [UInt32], on connection: borrowing PostgresConnection) throws {
        for relation in relations {
            let row = try connection.query(
                """
                SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
                       pg_catalog.has_table_privilege(c.oid, 'SELECT')
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid
                """,
                [String(relation)]
            ).rows.first
            guard let row, let name = row[0] else { continue }
            // Without the privilege on the whole relation the query's own lock has to do.
            if row[1] == "t" { try wait(for: name, relation, on: connection) }
            try checkFile(of: relation, on: connection)
        }
    }

    private func wait(for name: String, _ relation: UInt32, on connection: borrowing PostgresConnection) throws {
        try connection.query("SAVEPOINT before_lock")
        while try !lock(name, on: connection) {
            if control.isCancelled { throw BackfillError.cancelled }
            let holders = try connection.query(
                """
                SELECT pg_catalog.string_agg(DISTINCT pid::text, ', ') FROM pg_catalog.pg_locks
                WHERE relation = $1::oid AND granted AND mode = 'AccessExclusiveLock'
                  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                """,
                [String(relation)]
            ).scalar
            logger.warning(
                "table \(table) is locked by another session and is waited for",
                metadata: ["pid": "\(holders ?? "unknown")"]
            )
        }
        try connection.query("RELEASE SAVEPOINT before_lock")
    }

    /// Tries for a while to get the lock.
    private func lock(_ name: String, on connection: borrowing PostgresConnection) throws(PostgresError) -> Bool {
        try connection.query("SET LOCAL lock_timeout = '\(Self.patience)'")
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

    private func checkFile(of relation: UInt32, on connection: borrowing PostgresConnection) throws {
        let isSame = try connection.query(
            "SELECT relfilenode = 0 OR relfilenode = pg_catalog.pg_relation_filenode(oid) "
                + "FROM pg_catalog.pg_class WHERE oid = $1::oid",
            [String(relation)]
        ).scalar
        guard isSame == "t" else {
            throw BackfillError(
                .database,
                "table \(table) was truncated or rewritten while the export began; run the same command again",
                isTransient: true
            )
        }
    }
}

import Logging
import PostgresClient

/// Keeps others from rewriting a relation that is about to be read, and makes sure that it still is the one that the
/// snapshot knows.
struct RelationGuard {
    let logger: Logger

    private struct Relation {
        var name: String
        /// Whether it can be locked, and by this role.
        var isLockable: Bool
        /// The processes of others that hold a lock against readers, or wait for it.
        var holders: String?
    }

    /// Locks the relation in `ACCESS SHARE` until the transaction ends; waits for whoever holds it, and says so.
    ///
    /// - Throws: A transient ``BackfillError`` if it has been dropped, renamed, truncated or rewritten since the snapshot
    ///   was taken: it would look empty, or another table would be read in its place.
    func hold(_ oid: UInt32, on connection: borrowing PostgresConnection, table: String) throws {
        guard let relation = try relation(oid, on: connection) else { return }
        if relation.isLockable {
            if let holders = relation.holders {
                logger.warning(
                    "table \(table) waits for a lock on \(relation.name), which the database's process \(holders) holds or waits for"
                )
            }
            try connection.query("LOCK TABLE ONLY \(relation.name) IN ACCESS SHARE MODE")
        }
        // The columns are those of the snapshot, the functions look at the present.
        let isSame = try connection.query(
            """
            SELECT pg_catalog.to_regclass($2)::oid = oid
                   AND (relfilenode = 0 OR relfilenode = pg_catalog.pg_relation_filenode(oid))
            FROM pg_catalog.pg_class WHERE oid = $1::oid
            """,
            [String(oid), relation.name]
        ).scalar
        guard isSame == "t" else {
            throw BackfillError(
                .database,
                "table \(table) was dropped, renamed, truncated or rewritten while the export began; run the same "
                    + "command again",
                isTransient: true
            )
        }
    }

    private func relation(
        _ oid: UInt32,
        on connection: borrowing PostgresConnection
    ) throws(PostgresError) -> Relation? {
        let row = try connection.query(
            """
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
                   c.relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
                   (SELECT pg_catalog.string_agg(DISTINCT l.pid::text, ', ') FROM pg_catalog.pg_locks l
                    WHERE l.relation = c.oid AND l.mode = 'AccessExclusiveLock'
                      AND l.database = (SELECT oid FROM pg_catalog.pg_database
                                        WHERE datname = pg_catalog.current_database()))
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid
            """,
            [String(oid)]
        ).rows.first
        guard let row, let name = row[0] else { return nil }
        return Relation(name: name, isLockable: row[1] == "t", holders: row[2])
    }
}

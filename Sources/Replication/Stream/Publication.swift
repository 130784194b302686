import Logging
import PostgresClient
import PostgresWire

/// A table whose changes the publication carries.
struct PublishedTable: Sendable, Equatable {
    var oid: UInt32
    var schema: String
    var name: String
    /// Tells one stay in the publication from another: what was changed in between never arrives.
    var membership: String?

    /// `schema.table`, for messages; the schema is left out where it is `public`.
    var displayName: String { schema == "public" ? name : "\(schema).\(name)" }
}

/// Sees to it that the publication is there and carries the tables that are wanted.
///
/// The publication is made before the slot: what was written before a table was published is never sent. It is extended
/// where the role may do so, and otherwise nothing in the database is changed.
struct Publication {
    let request: ReplicationRequest
    let logger: Logger

    /// A table of the database that could be published.
    private struct Candidate {
        var table: PublishedTable
        /// Whether an UPDATE or DELETE of it would still work once it is published.
        var hasIdentity: Bool
        /// Whether it has a key, and its replica identity leaves that unused.
        var isSilenced: Bool
    }

    /// Makes or extends the publication.
    ///
    /// - Returns: The tables that it carries and the configuration wants.
    /// - Throws: ``ReplicationError`` with the command that a person with more rights has to run.
    func prepare(on connection: borrowing PostgresConnection) throws -> [PublishedTable] {
        do {
            let name = request.publication
            let row = try connection.query(
                "SELECT puballtables, pubviaroot, pubinsert AND pubupdate AND pubdelete AND pubtruncate, "
                    + "pg_catalog.pg_has_role(pubowner, 'USAGE') FROM pg_catalog.pg_publication WHERE pubname = $1",
                [name]
            ).rows.first
            guard let row else {
                try create(on: connection)
                return try tables(on: connection)
            }
            try check(viaRoot: row[1] == "t", isWhole: row[2] == "t", on: connection)
            if row[0] != "t" { try extend(isOwner: row[3] == "t", on: connection) }
            return try tables(on: connection)
        } catch let error as PostgresError {
            throw ReplicationError(error, table: nil)
        }
    }

    /// The tables that the publication carries and the configuration wants.
    func tables(on connection: borrowing PostgresConnection) throws -> [PublishedTable] {
        // A table belongs by itself, by its schema (from PostgreSQL 15 on), or because all do.
        let bySchema =
            connection.serverVersion >= 150_000
            ? "(SELECT s.oid FROM pg_catalog.pg_publication_namespace s WHERE s.pnpubid = u.oid AND s.pnnspid = n.oid)"
            : "NULL::oid"
        let rows = try connection.query(
            """
            SELECT c.oid, p.schemaname, p.tablename,
                   coalesce((SELECT r.oid FROM pg_catalog.pg_publication_rel r
                             WHERE r.prpubid = u.oid AND r.prrelid = c.oid), \(bySchema), u.oid)
            FROM pg_catalog.pg_publication_tables p
            JOIN pg_catalog.pg_publication u ON u.pubname = p.pubname
            JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
            WHERE p.pubname = $1 ORDER BY p.schemaname COLLATE "C", p.tablename COLLATE "C"
            """,
            [request.publication]
        ).rows
        return rows.compactMap { row in
            guard let oid = row[0].flatMap(UInt32.init), let schema = row[1], let name = row[2] else { return nil }
            return PublishedTable(oid: oid, schema: schema, name: name, membership: row[3])
        }.filter { request.isSelected(schema: $0.schema, table: $0.name) }
    }

    // MARK: - Private

    private func create(on connection: borrowing PostgresConnection) throws {
        let chosen = try publishable(on: connection)
        guard !chosen.isEmpty else {
            throw ReplicationError(
                .configuration,
                "no table with a primary key matches the configuration, so there is nothing to publish; list tables "
                    + "under tables: that exist"
            )
        }
        let statement =
            "CREATE PUBLICATION \(try connection.quote(identifier: request.publication)) FOR TABLE "
            + "\(Self.list(chosen)) WITH (publish_via_partition_root = true)"
        try run(statement, on: connection)
        logger.info("created publication \(request.publication)", metadata: ["tables": "\(chosen.count)"])
    }

    private func extend(isOwner: Bool, on connection: borrowing PostgresConnection) throws {
        let known = Set(try tables(on: connection).map(\.oid))
        // Without tables in the configuration the publication itself says which are wanted.
        guard !request.selection.isEmpty else { return }
        let missing = try publishable(on: connection).filter { !known.contains($0.oid) }
        guard !missing.isEmpty else { return }
        let name = try connection.quote(identifier: request.publication)
        let statement = "ALTER PUBLICATION \(name) ADD TABLE \(Self.list(missing))"
        guard isOwner else {
            let text =
                "publication \(request.publication) lacks \(missing.count) tables of the configuration, whose changes are "
                + "not replicated; its owner has to run: \(statement)"
            logger.warning("\(text)")
            return
        }
        try run(statement, on: connection)
        logger.info(
            "added tables to publication \(request.publication)",
            metadata: ["tables": "\(missing.map(\.displayName).joined(separator: ", "))"]
        )
    }

    private func run(_ statement: String, on connection: borrowing PostgresConnection) throws {
        do {
            try connection.query(statement)
        } catch {
            let isTaken = error.sqlState == "42710"
            guard !isTaken else { return }
            throw ReplicationError(
                .configuration,
                "cannot publish the tables: \(error.message); their owner has to run: \(statement)"
            )
        }
    }

    private func check(viaRoot: Bool, isWhole: Bool, on connection: borrowing PostgresConnection) throws {
        let name = request.publication
        if !isWhole {
            let text =
                "publication \(name) leaves out some kinds of change, so the lake will differ from the tables; run ALTER "
                + "PUBLICATION \(PasteableSQL.identifier(name)) SET (publish = 'insert, update, delete, truncate') unless that is wanted"
            logger.warning("\(text)")
        }
        guard !viaRoot else { return }
        let hasPartitions = try connection.query(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_publication_tables p
                JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename AND c.relispartition
                WHERE p.pubname = $1)
            """,
            [name]
        ).scalar
        guard hasPartitions == "t" else { return }
        throw ReplicationError(
            .configuration,
            "publication \(name) publishes partitions as tables of their own; run ALTER PUBLICATION "
                + "\(PasteableSQL.identifier(name)) SET (publish_via_partition_root = true)"
        )
    }

    /// The tables that the configuration wants, without those whose UPDATEs and DELETEs would begin to fail.
    private func publishable(on connection: borrowing PostgresConnection) throws -> [PublishedTable] {
        let candidates = try self.candidates(on: connection)
        for candidate in candidates where !candidate.hasIdentity {
            let name = candidate.table.displayName
            let what = candidate.isSilenced ? "replica identity NOTHING" : "no primary key"
            let text =
                "table \(name) has \(what) and is left out: once published, its UPDATEs and DELETEs would fail; run ALTER "
                + "TABLE \(candidate.table.qualifiedName) REPLICA IDENTITY \(candidate.isSilenced ? "DEFAULT" : "FULL"), or "
                + "add it to publication \(request.publication) yourself if its rows never change"
            logger.warning("\(text)")
        }
        return candidates.filter(\.hasIdentity).map(\.table)
    }

    private func candidates(on connection: borrowing PostgresConnection) throws -> [Candidate] {
        let wanted =
            request.selection.isEmpty ? [TablePattern.everyTable(of: TablePattern.defaultSchema)] : request.selection
        let rows = try connection.query(
            """
            SELECT c.oid, n.nspname, c.relname, c.relreplident IN ('f', 'i') OR c.relreplident = 'd'
                   AND k.is_there, c.relreplident = 'n' AND k.is_there
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
                                               AND i.indisprimary AND i.indimmediate)) k (is_there)
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
              AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
            ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
            """
        ).rows
        return rows.compactMap { row in
            guard let oid = row[0].flatMap(UInt32.init), let schema = row[1], let name = row[2],
                wanted.contains(where: { $0.matches(schema: schema, table: name) })
            else { return nil }
            let table = PublishedTable(oid: oid, schema: schema, name: name)
            return Candidate(table: table, hasIdentity: row[3] == "t", isSilenced: row[4] == "t")
        }
    }

    private static func list(_ tables: [PublishedTable]) -> String {
        tables.map(\.qualifiedName).joined(separator: ", ")
    }
}

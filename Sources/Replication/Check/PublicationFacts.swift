import PostgresClient
import PostgresWire

/// What the catalog says of the publication.
struct PublicationFacts: Sendable, Equatable {
    var name: String
    var exists = true
    /// Whether it carries every table there is and will be.
    var isForAllTables = false
    /// Whether partitions go by the name of their table.
    var isViaRoot = true
    /// Whether it publishes every kind of change.
    var isWhole = true
    /// Whether the role may alter it.
    var isOwned = true
    /// Whether it carries partitions as tables of their own.
    var hasPartitions = false
    /// The tables that it carries, by OID.
    var tables: Set<UInt32> = []

    /// Asks the server.
    static func read(
        _ name: String,
        on connection: borrowing PostgresConnection
    ) throws(PostgresError) -> PublicationFacts {
        let row = try connection.query(
            """
            SELECT puballtables, pubviaroot, pubinsert AND pubupdate AND pubdelete AND pubtruncate,
                   pg_catalog.pg_has_role(pubowner, 'USAGE')
            FROM pg_catalog.pg_publication WHERE pubname = $1
            """,
            [name]
        ).rows.first
        guard let row else { return PublicationFacts(name: name, exists: false) }
        let tables = try connection.query(
            """
            SELECT c.oid, c.relispartition FROM pg_catalog.pg_publication_tables p
            JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
            WHERE p.pubname = $1
            """,
            [name]
        ).rows
        return PublicationFacts(
            name: name,
            isForAllTables: row[0] == "t",
            isViaRoot: row[1] == "t",
            isWhole: row[2] == "t",
            isOwned: row[3] == "t",
            hasPartitions: tables.contains { $0[1] == "t" },
            tables: Set(tables.compactMap { $0[0].flatMap(UInt32.init) })
        )
    }
}

extension PublicationFacts {
    private var quotedName: String { PasteableSQL.identifier(name) }

    /// Whether the changes of the tables that are wanted get into it.
    ///
    /// - Parameters:
    ///   - wanted: The tables that the settings want.
    ///   - mayCreate: Whether the role may make publications in the database.
    ///   - namesTables: Whether the settings say which tables; else the publication does.
    /// - Returns: What was found.
    func findings(wanted: [TableFacts], mayCreate: Bool, namesTables: Bool) -> [Finding] {
        let publishable = wanted.filter { $0.hasIdentity && !$0.isUnlogged }
        guard exists else { return [creation(of: publishable, mayCreate: mayCreate)] }
        var findings: [Finding] = []
        if !isViaRoot, hasPartitions || wanted.contains(where: \.table.isPartitioned) {
            findings.append(
                finding(
                    .fail,
                    "publishes partitions as tables of their own",
                    [.sql("ALTER PUBLICATION \(quotedName) SET (publish_via_partition_root = true)")]
                )
            )
        }
        if !isWhole {
            findings.append(
                finding(
                    .warn,
                    "leaves out some kinds of change, so that the lake will differ from the tables",
                    [.sql("ALTER PUBLICATION \(quotedName) SET (publish = 'insert, update, delete, truncate')")]
                )
            )
        }
        // Carried by its partitions, which are to go by its name.
        let missing = publishable.filter { !tables.contains($0.table.oid) && (isViaRoot || !$0.table.isPartitioned) }
        if namesTables, !isForAllTables, !missing.isEmpty { findings.append(addition(of: missing)) }
        guard findings.isEmpty else { return findings }
        let count = wanted.count { tables.contains($0.table.oid) }
        return [finding(.ok, "carries \(count) of the tables that are wanted")]
    }

    private func finding(_ status: Finding.Status, _ message: String, _ remedies: [Remedy] = []) -> Finding {
        Finding(status, .tables, "publication", of: name, message, remedies)
    }

    private func creation(of tables: [TableFacts], mayCreate: Bool) -> Finding {
        guard !tables.isEmpty else {
            let text = "does not exist, and no table with a key is wanted that could be published"
            return finding(.fail, text, [.settings("tables: [{ table: … }]")])
        }
        guard !mayCreate || !tables.allSatisfy(\.isOwned) else {
            return finding(.ok, "does not exist yet; sluice replicate makes it")
        }
        return finding(
            .fail,
            "does not exist, and the role may not make it; the owner of the tables has to",
            [
                .sql(
                    "CREATE PUBLICATION \(quotedName) FOR TABLE \(Self.list(tables)) "
                        + "WITH (publish_via_partition_root = true)"
                )
            ]
        )
    }

    private func addition(of tables: [TableFacts]) -> Finding {
        let names = tables.map(\.displayName).joined(separator: ", ")
        guard !isOwned || !tables.allSatisfy(\.isOwned) else {
            return finding(.ok, "does not carry \(names) yet; sluice replicate adds what is wanted")
        }
        return finding(
            .fail,
            "does not carry \(names), whose changes are therefore not replicated; its owner has to add what is wanted",
            [.sql("ALTER PUBLICATION \(quotedName) ADD TABLE \(Self.list(tables))")]
        )
    }

    private static func list(_ tables: [TableFacts]) -> String { tables.map(\.quotedName).joined(separator: ", ") }
}

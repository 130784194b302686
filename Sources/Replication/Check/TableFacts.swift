import Ingest
import Lake
import PostgresClient
import PostgresWire

/// What the catalog says of a table that is wanted, and the settings of it.
struct TableFacts: Sendable {
    /// Complete.
    var table: SourceTable
    var options = TableOptions()
    /// Whether the settings name it, not only match it.
    var isNamed = false
    var isPublished = false
    /// Whether the role may use the schema.
    var mayUseSchema = true
    /// Whether the role, or one that it is a member of, owns it.
    var isOwned = true
    /// Whether a policy hides rows from the role.
    var hidesRows = false
    var isUnlogged = false
    /// Whether rows were updated or deleted since the server's counters were reset.
    var hasUpdates = false
    /// Columns that cannot be NULL.
    var notNull: Set<String> = []
    /// Columns whose values may be stored apart (TOAST).
    var largeColumns: [String] = []
    /// Columns that the server computes.
    var generated: Set<String> = []
    /// Columns of a type whose values have a day, in the table's order.
    var dayColumns: [String] = []
    /// Why the settings do not fit the table, if they do not.
    var misfit: ReplicationError?
}

extension TableFacts {
    var displayName: String { table.displayName }

    /// For statements that a person is to paste.
    var quotedName: String { PasteableSQL.table(schema: table.schema, name: table.name) }

    /// Whether an UPDATE or DELETE of it works once it is published, and finds its row.
    var hasIdentity: Bool {
        switch table.identity.kind {
        case .nothing: false
        case .full: true
        default: !table.identity.key.isEmpty
        }
    }

    /// What makes changes of a table without identity name its rows: by the key if it has one, else as a whole.
    var identityStatement: String {
        let hasKey = table.columns.contains(where: \.isKey)
        return "ALTER TABLE \(quotedName) REPLICA IDENTITY \(hasKey ? "DEFAULT" : "FULL")"
    }

    /// The column whose day a row belongs to, if the table has it.
    var partitionColumn: SourceTable.Column? {
        let name = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        guard dayColumns.contains(where: { $0.isSameName(as: name) }) else { return nil }
        return table.columns.first { $0.name.isSameName(as: name) }
    }

    /// Whether an index serves ranges of a column in each part of the table that has rows.
    func isIndexed(_ column: String) -> Bool {
        table.leaves.allSatisfy { !$0.isHeap || $0.indexes.keys.contains { $0.isSameName(as: column) } }
    }

    /// Blocks of all parts.
    var pageCount: Int { table.leaves.reduce(0) { $0 + $1.pageCount } }
}

// MARK: - Reading

extension TableFacts {
    /// Describes tables, without publication and settings.
    static func read(
        _ tables: [SourceTable],
        from reader: borrowing CatalogReader
    ) throws(PostgresError) -> [TableFacts] {
        guard !tables.isEmpty else { return [] }
        let types = try reader.types()
        var complete = tables
        try reader.complete(&complete)
        let list = "{" + tables.map { "\($0.oid)" }.joined(separator: ",") + "}"
        var facts: [UInt32: TableFacts] = [:]
        for table in complete {
            facts[table.oid] = TableFacts(table: table)
            facts[table.oid]?.dayColumns = table.columns.filter {
                PartitionType.oid(of: $0.typeOID, modifier: $0.modifier, types) != nil
            }.map(\.name)
        }
        for row in try tableRows(list, reader) {
            guard let oid = row[0].flatMap(UInt32.init) else { continue }
            facts[oid]?.mayUseSchema = row[1] == "t"
            facts[oid]?.isOwned = row[2] == "t"
            facts[oid]?.hidesRows = row[3] == "t"
            facts[oid]?.isUnlogged = row[4] == "t"
            facts[oid]?.hasUpdates = row[5] == "t"
        }
        for row in try columnRows(list, reader) {
            guard let oid = row[0].flatMap(UInt32.init), let name = row[1] else { continue }
            if row[2] == "t" { facts[oid]?.notNull.insert(name) }
            if row[3] == "t" { facts[oid]?.generated.insert(name) }
            if row[4] == "t" { facts[oid]?.largeColumns.append(name) }
        }
        return tables.compactMap { facts[$0.oid] }
    }

    private static func tableRows(
        _ oids: String,
        _ reader: borrowing CatalogReader
    ) throws(PostgresError) -> [[String?]] {
        try reader.query(
            """
            SELECT c.oid, pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'),
                   pg_catalog.pg_has_role(c.relowner, 'USAGE'), pg_catalog.row_security_active(c.oid),
                   c.relpersistence = 'u',
                   coalesce(s.n_tup_upd + s.n_tup_del, 0) > 0
            FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
            WHERE c.oid = ANY ($1::oid[])
            """,
            [oids]
        ).rows
    }

    private static func columnRows(
        _ oids: String,
        _ reader: borrowing CatalogReader
    ) throws(PostgresError) -> [[String?]] {
        try reader.query(
            """
            SELECT a.attrelid, a.attname, a.attnotnull, a.attgenerated <> '',
                   a.attstorage IN ('e', 'x') AND (c.reltoastrelid <> 0 OR c.relkind = 'p')
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
            WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum
            """,
            [oids]
        ).rows
    }
}

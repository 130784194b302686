import Lake
import PostgresClient
import PostgresWire

/// A table of the database, as its catalog describes it.
struct SourceTable: Sendable {
    struct Column: Sendable {
        var name: String
        var typeOID: UInt32
        var modifier: Int32
        /// As `format_type` prints it.
        var typeName: String
        var isKey: Bool
        var isReadable: Bool
    }

    /// What holds rows: the table itself, or a partition that is no partitioned table.
    struct Leaf: Sendable {
        var oid: UInt32
        var schema: String
        var name: String
        var pageCount: Int
        /// Whether it can be read by ranges of `ctid`, and by the role.
        var isHeap: Bool
        var isReadable: Bool
        /// The date and time columns that lead a btree index over all its rows.
        var indexes: [String: PartitionColumnIndex] = [:]
    }

    var oid: UInt32
    var schema: String
    var name: String
    var isPartitioned: Bool
    /// Whether the role may read every column.
    var isReadable: Bool
    /// Whether it may read some columns at least.
    var isPartlyReadable: Bool
    /// The planner's estimate; negative if the table was never analysed.
    var estimatedRowCount: Int
    var columns: [Column] = []
    /// The names of all columns, published or not.
    var columnNames: Set<String> = []
    /// How many columns the primary key has, published or not.
    var keyColumnCount = 0
    /// What its changes tell.
    var identity = ReplicaIdentity()
    /// The rows that the publication carries, as SQL; nil for all.
    var rowFilter: String?
    var leaves: [Leaf] = []

    /// `schema.table`, for messages; the schema is left out where it is `public`.
    var displayName: String { schema == "public" ? name : "\(schema).\(name)" }
}

/// Reads the catalog.
struct CatalogReader: ~Copyable {
    let connection: PostgresConnection

    init(_ connection: consuming PostgresConnection) {
        self.connection = connection
    }

    /// Begins the transaction in which the catalog is read, and exports its snapshot.
    func exportSnapshot() throws(PostgresError) -> SharedSnapshot { try SharedSnapshot.export(on: connection) }

    /// All ordinary and partitioned tables that are no partitions, without columns.
    func tables() throws(PostgresError) -> [SourceTable] {
        let rows = try connection.query(
            """
            SELECT c.oid, n.nspname, c.relname, c.relkind = 'p', pg_catalog.has_table_privilege(c.oid, 'SELECT')
                   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
                   pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
                   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'), c.reltuples::bigint
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
              AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
            ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
            """
        ).rows
        return rows.map { row in
            SourceTable(
                oid: UInt32(row[0] ?? "") ?? 0,
                schema: row[1] ?? "",
                name: row[2] ?? "",
                isPartitioned: row[3] == "t",
                isReadable: row[4] == "t",
                isPartlyReadable: row[5] == "t",
                estimatedRowCount: Int(row[6] ?? "") ?? -1
            )
        }
    }

    /// The types of the database.
    func types() throws(PostgresError) -> TypeCatalog { try Self.types(on: connection) }

    /// The types of the database that a connection is to.
    static func types(on connection: borrowing PostgresConnection) throws(PostgresError) -> TypeCatalog {
        let rows = try connection.query(
            """
            SELECT t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod,
                   CASE WHEN e.typarray = t.oid THEN e.oid ELSE 0 END, t.typdelim,
                   pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            FROM pg_catalog.pg_type t
            JOIN pg_catalog.pg_proc p ON p.oid = t.typoutput JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
            """
        ).rows
        return TypeCatalog(
            rows.map { row in
                PostgresType(
                    oid: UInt32(row[0] ?? "") ?? 0,
                    name: row[1] ?? "",
                    kind: row[2]?.first.flatMap(PostgresType.Kind.init(rawValue:)) ?? .base,
                    baseOID: UInt32(row[3] ?? "") ?? 0,
                    baseModifier: Int32(row[4] ?? "") ?? -1,
                    elementOID: UInt32(row[5] ?? "") ?? 0,
                    delimiter: row[6] ?? ",",
                    outputFunction: row[7] ?? ""
                )
            }
        )
    }

    /// Tables that are read at the same time: fewer round trips than one each, and answers of a bounded size.
    private static let batchSize = 500

    /// Fills in what only chosen tables need: columns, leaves, indexes.
    ///
    /// The size of a table that somebody has locked is the planner's: to measure it would be to wait for the lock, and
    /// all other tables with it.
    func complete(_ tables: inout [SourceTable]) throws(PostgresError) {
        var start = 0
        while start < tables.count {
            let end = min(start + Self.batchSize, tables.count)
            let oids = tables[start..<end].map(\.oid)
            let columns = try columns(of: oids)
            let identities = try ReplicaIdentity.read(of: oids, on: connection)
            let leaves = try leaves(of: oids)
            let indexes = try indexes(of: leaves.values.flatMap { $0.map(\.oid) })
            for index in start..<end {
                let oid = tables[index].oid
                tables[index].columns = columns[oid] ?? []
                tables[index].columnNames = Set(tables[index].columns.map(\.name))
                tables[index].keyColumnCount = tables[index].columns.count { $0.isKey }
                tables[index].identity = identities[oid] ?? tables[index].identity
                tables[index].leaves = (leaves[oid] ?? []).map { leaf in
                    var leaf = leaf
                    leaf.indexes = indexes[leaf.oid] ?? [:]
                    return leaf
                }
            }
            start = end
        }
    }

    /// Fills in what a chosen table needs.
    func complete(_ table: inout SourceTable) throws(PostgresError) {
        var tables = [table]
        try complete(&tables)
        table = tables[0]
    }

    private static func list(_ oids: [UInt32]) -> String { "{" + oids.map(String.init).joined(separator: ",") + "}" }

    /// The columns of tables, by OID of the table.
    private func columns(of tables: [UInt32]) throws(PostgresError) -> [UInt32: [SourceTable.Column]] {
        let rows = try connection.query(
            """
            SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod),
                   -- By a key that may be violated for a while no row can be told from another then.
                   EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary
                           AND i.indimmediate AND a.attnum = ANY (i.indkey)),
                   pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum
            """,
            [Self.list(tables)]
        ).rows
        var columns: [UInt32: [SourceTable.Column]] = [:]
        for row in rows {
            guard let table = row[0].flatMap(UInt32.init) else { continue }
            let column = SourceTable.Column(
                name: row[1] ?? "",
                typeOID: UInt32(row[2] ?? "") ?? 0,
                modifier: Int32(row[3] ?? "") ?? -1,
                typeName: row[4] ?? "",
                isKey: row[5] == "t",
                // NULL of a column that is dropped at this moment.
                isReadable: row[6] != "f"
            )
            columns[table, default: []].append(column)
        }
        return columns
    }

    /// What holds the rows of tables, by OID of the table.
    private func leaves(of tables: [UInt32]) throws(PostgresError) -> [UInt32: [SourceTable.Leaf]] {
        let rows = try connection.query(
            """
            WITH RECURSIVE tree(root, oid, is_partitioned) AS (
                SELECT oid, oid, relkind = 'p' FROM pg_catalog.pg_class WHERE oid = ANY ($1::oid[])
                UNION ALL
                SELECT tree.root, i.inhrelid, true
                FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid WHERE tree.is_partitioned
            )
            SELECT tree.root, c.oid, n.nspname, c.relname,
                   -- Asking for the size waits for whoever rewrites the table; what VACUUM noted is near enough.
                   CASE WHEN c.relkind <> 'r' THEN 0 WHEN c.relpages > 0 THEN c.relpages
                        WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l
                                     WHERE l.relation = c.oid AND l.mode = 'AccessExclusiveLock'
                                       AND l.database = (SELECT oid FROM pg_catalog.pg_database
                                                         WHERE datname = pg_catalog.current_database())) THEN 0
                        ELSE coalesce(pg_catalog.pg_relation_size(c.oid), 0)
                             / pg_catalog.current_setting('block_size')::bigint END,
                   c.relkind = 'r' AND am.amname = 'heap', pg_catalog.has_table_privilege(c.oid, 'SELECT')
                   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
            FROM tree JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
            WHERE c.relkind <> 'p'
            ORDER BY tree.root, c.oid
            """,
            [Self.list(tables)]
        ).rows
        var leaves: [UInt32: [SourceTable.Leaf]] = [:]
        for row in rows {
            guard let table = row[0].flatMap(UInt32.init) else { continue }
            let leaf = SourceTable.Leaf(
                oid: UInt32(row[1] ?? "") ?? 0,
                schema: row[2] ?? "",
                name: row[3] ?? "",
                pageCount: Int(row[4] ?? "") ?? 0,
                isHeap: row[5] == "t",
                isReadable: row[6] == "t"
            )
            leaves[table, default: []].append(leaf)
        }
        return leaves
    }

    /// Keeps the columns and rows that a publication carries.
    ///
    /// - Returns: Whether it carries the table; if not, all of it is kept.
    func restrict(_ table: inout SourceTable, to publication: String) throws(PostgresError) -> Bool {
        // Column lists and row filters came with PostgreSQL 15.
        let isNew = connection.serverVersion >= 150_000
        let rows = try connection.query(
            """
            SELECT a.attname, \(isNew ? "p.rowfilter" : "NULL")
            FROM pg_catalog.pg_publication_tables p, pg_catalog.pg_attribute a
            WHERE p.pubname = $1 AND p.schemaname = $2 AND p.tablename = $3
              AND a.attrelid = $4::oid AND a.attnum > 0 AND NOT a.attisdropped
              AND \(isNew ? "a.attname = ANY (p.attnames)" : "a.attgenerated = ''")
            """,
            [publication, table.schema, table.name, String(table.oid)]
        ).rows
        guard let first = rows.first else { return false }
        let published = Set(rows.compactMap { row in row[0].map { Array($0.utf8) } })
        table.columns.removeAll { !published.contains(Array($0.name.utf8)) }
        table.rowFilter = first[1]
        return true
    }

    /// The date and time columns that lead an index, with their statistics as far as the role may see them.
    private func indexes(of relations: [UInt32]) throws(PostgresError) -> [UInt32: [String: PartitionColumnIndex]] {
        // Days of the common era only: all that is wanted is a rough idea of where the rows are.
        let day = "value OPERATOR(pg_catalog.~) '^[0-9]{4}-' AND value OPERATOR(pg_catalog.!~) 'BC$'"
        let rows = try connection.query(
            """
            SELECT a.attrelid, a.attname, s.correlation, s.null_frac,
                   (SELECT pg_catalog.string_agg(pg_catalog.left(value, 10) || '=' || share, ',')
                    FROM ROWS FROM (pg_catalog.unnest(s.most_common_vals::text::text[]),
                                    pg_catalog.unnest(s.most_common_freqs)) common (value, share) WHERE \(day)),
                   (SELECT pg_catalog.string_agg(pg_catalog.left(value, 10), ',')
                    FROM pg_catalog.unnest(s.histogram_bounds::text::text[]) bound (value) WHERE \(day))
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typcategory = 'D'
            JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
                AND s.attname = a.attname AND NOT s.inherited
            WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
            """,
            [Self.list(relations)]
        ).rows
        var indexes: [UInt32: [String: PartitionColumnIndex]] = [:]
        for row in rows {
            guard let relation = row[0].flatMap(UInt32.init), let column = row[1] else { continue }
            let common = (row[4] ?? "").split(separator: ",").compactMap { item -> (CalendarDate, Double)? in
                let parts = item.split(separator: "=")
                guard parts.count == 2, let day = CalendarDate(String(parts[0])), let share = Double(parts[1])
                else { return nil }
                return (day, share)
            }
            indexes[relation, default: [:]][column] = PartitionColumnIndex(
                correlation: row[2].flatMap(Double.init),
                nullShare: row[3].flatMap(Double.init) ?? 0,
                common: common.map { (day: $0.0, share: $0.1) },
                bounds: (row[5] ?? "").split(separator: ",").compactMap { CalendarDate(String($0)) }
            )
        }
        return indexes
    }

    /// Which database this is: `system_identifier` of the cluster, nil if the role may not ask for it, and the name.
    func identity() throws(PostgresError) -> (system: String?, database: String) {
        let row = try connection.query(
            """
            SELECT pg_catalog.current_database(),
                   pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
            """
        ).rows.first
        let database = row?[0] ?? ""
        guard row?[1] == "t" else { return (nil, database) }
        let system = try connection.query("SELECT system_identifier FROM pg_catalog.pg_control_system()").scalar
        return (system, database)
    }

    /// Whether the database has a relation.
    func exists(oid: UInt32) throws(PostgresError) -> Bool {
        try connection.query("SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = $1::oid)", ["\(oid)"]).scalar
            == "t"
    }

    /// Runs a query on the same connection.
    func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> PostgresRows {
        try connection.query(sql, parameters)
    }
}

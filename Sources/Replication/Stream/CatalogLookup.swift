import Ingest
import PostgresClient
import PostgresWire

/// Asks the catalog what Relation messages leave open, over a session of its own.
///
/// Used by the stream's thread only.
final class CatalogLookup {
    private let connection: PostgresConnection
    private var types: TypeCatalog

    /// Connects and reads the types.
    init(_ session: DatabaseSession) throws {
        connection = try session.connect()
        do {
            types = try Self.readTypes(connection)
        } catch {
            throw ReplicationError(error, table: nil)
        }
    }

    /// What the catalog says of a relation's columns.
    func facts(of relation: PgOutputRelation) throws -> RelationMapper.Facts {
        try Self.run { () throws(PostgresError) in
            // A type may have been made since.
            if relation.columns.contains(where: { types.base(of: $0.typeOID, modifier: -1) == nil }) {
                types = try Self.readTypes(connection)
            }
            let names = try connection.query(
                """
                SELECT coalesce(pg_catalog.format_type(t.oid, t.modifier), '')
                FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int[])) WITH ORDINALITY
                    t (oid, modifier, place)
                ORDER BY t.place
                """,
                [Self.array(relation.columns.map(\.typeOID)), Self.array(relation.columns.map(\.modifier))]
            ).rows
            // Of a deferrable key two rows may have the same for a while.
            let key = try connection.query(
                """
                SELECT a.attname, c.oid, a.atttypid || ':' || a.atttypmod FROM pg_catalog.pg_index i
                JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                LEFT JOIN pg_catalog.pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'p'
                WHERE i.indrelid = $1::oid AND i.indisprimary AND i.indimmediate
                ORDER BY a.attnum
                """,
                ["\(relation.oid)"]
            ).rows
            let columns = try connection.query(
                """
                SELECT a.attname, a.atthasmissing OR a.atthasdef OR a.attidentity <> '', a.attnum, c.relnatts
                FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                """,
                ["\(relation.oid)"]
            ).rows
            return RelationMapper.Facts(
                types: types,
                typeNames: names.map { $0[0] ?? "" },
                primaryKey: key.compactMap(\.[0]),
                keyConstraint: key.first.flatMap { $0[1] }.flatMap(UInt32.init),
                keyTypes: key.compactMap(\.[2]),
                position: try position(),
                numbers: Self.numbers(columns.map { ($0[0], $0[2], $0[3]) }),
                filledNames: Set(columns.filter { $0[1] == "t" }.compactMap(\.[0]))
            )
        }
    }

    /// Where the log is by now: whoever commits behind it has begun to write to a table after what was read of it before.
    private func position() throws(PostgresError) -> LSN {
        let text = try connection.query(
            """
            SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                        ELSE pg_catalog.pg_current_wal_insert_lsn() END
            """
        ).scalar
        // Nothing lies behind what nobody can tell.
        return text.flatMap { LSN($0) } ?? LSN(rawValue: .max)
    }

    /// What tables look like now.
    struct Present {
        /// All columns of each table, and the primary key as its identity.
        var relations: [PgOutputRelation]
        /// The numbers of the columns, by the table's OID.
        var numbers: [UInt32: RelationMapper.Numbers]
        /// The columns that the server sends, by the table's OID: all but the generated ones where there is no list.
        var sent: [UInt32: Set<Int>]
        /// The constraints of the primary keys, by the table's OID.
        var keyConstraints: [UInt32: UInt32]
        /// Where the log was after all of this had been read.
        var position: LSN
        var types: TypeCatalog
    }

    /// What tables look like now, all of their columns and the primary key.
    func relations(of tables: [PublishedTable], publication: String) throws -> Present {
        try Self.run { () throws(PostgresError) in
            let constraints = try connection.query(
                "SELECT conrelid, oid FROM pg_catalog.pg_constraint WHERE conrelid = ANY ($1::oid[]) AND contype = 'p'",
                [Self.array(tables.map(\.oid))]
            ).rows
            let rows = try connection.query(
                """
                SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod,
                       EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary
                               AND i.indimmediate AND a.attnum = ANY (i.indkey)),
                       a.attnum, c.relnatts, a.attgenerated <> ''
                FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
                """,
                [Self.array(tables.map(\.oid))]
            ).rows
            let lists = try columnLists(of: publication)
            var columns: [UInt32: [PgOutputRelation.Column]] = [:]
            var numbers: [UInt32: RelationMapper.Numbers] = [:]
            var sent: [UInt32: Set<Int>] = [:]
            for row in rows {
                guard let oid = row[0].flatMap(UInt32.init), let name = row[1], let type = row[2].flatMap(UInt32.init)
                else { continue }
                let modifier = row[3].flatMap(Int32.init) ?? -1
                let number = row[5].flatMap(Int.init) ?? 0
                numbers[oid, default: .init()].columns.append((name, number))
                numbers[oid]?.columnCount = row[6].flatMap(Int.init) ?? 0
                if lists[oid]?.contains(number) ?? (row[7] != "t") { sent[oid, default: []].insert(number) }
                columns[oid, default: []].append(
                    PgOutputRelation.Column(
                        isInIdentity: row[4] == "t",
                        name: name,
                        typeOID: type,
                        modifier: modifier
                    )
                )
            }
            let relations = tables.map { table in
                PgOutputRelation(
                    oid: table.oid,
                    schema: table.schema,
                    name: table.name,
                    identity: .primaryKey,
                    columns: columns[table.oid] ?? []
                )
            }
            let keys = constraints.compactMap { row in
                row[0].flatMap(UInt32.init).flatMap { table in row[1].flatMap(UInt32.init).map { (table, $0) } }
            }
            return Present(
                relations: relations,
                numbers: numbers,
                sent: sent,
                keyConstraints: Dictionary(keys) { first, _ in first },
                position: try position(),
                types: types
            )
        }
    }

    /// The column lists of a publication, by the table's OID (`pg_publication_rel.prattrs`).
    private func columnLists(of publication: String) throws(PostgresError) -> [UInt32: Set<Int>] {
        guard connection.serverVersion >= 150_000 else { return [:] }
        let rows = try connection.query(
            """
            SELECT r.prrelid, r.prattrs::text FROM pg_catalog.pg_publication_rel r
            JOIN pg_catalog.pg_publication u ON u.oid = r.prpubid
            WHERE u.pubname = $1 AND r.prattrs IS NOT NULL
            """,
            [publication]
        ).rows
        let lists = rows.compactMap { row in
            row[0].flatMap(UInt32.init).map { ($0, Set((row[1] ?? "").split(separator: " ").compactMap { Int($0) })) }
        }
        return Dictionary(lists) { first, _ in first }
    }

    private static func numbers(_ rows: [(name: String?, number: String?, count: String?)]) -> RelationMapper.Numbers {
        RelationMapper.Numbers(
            columns: rows.compactMap { row in
                row.name.flatMap { name in row.number.flatMap(Int.init).map { (name, $0) } }
            },
            columnCount: rows.first?.count.flatMap(Int.init) ?? 0
        )
    }

    /// Whether there is still a table with this OID.
    func exists(oid: UInt32) throws -> Bool {
        try Self.run { () throws(PostgresError) in
            try connection.query("SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = $1::oid)", ["\(oid)"])
                .scalar
                == "t"
        }
    }

    /// A column of the tables whose cells are of use only as text; nil if all may come in binary form.
    func textColumn(of tables: [PublishedTable], request: ReplicationRequest) throws -> String? {
        try Self.run { () throws(PostgresError) in
            let rows = try connection.query(
                """
                SELECT n.nspname, c.relname, a.attname, a.atttypid, a.atttypmod
                FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
                """,
                [Self.array(tables.map(\.oid))]
            ).rows
            let text = rows.first { row in
                guard let schema = row[0], let table = row[1], let column = row[2],
                    let oid = row[3].flatMap(UInt32.init)
                else { return true }
                let options = request.options(schema: schema, table: table)
                if options.excludedColumns.contains(column) { return false }
                let override = options.override(of: column)
                let modifier = row[4].flatMap(Int32.init) ?? -1
                if let mask = options.mask(of: column, salt: request.maskSalt) {
                    let mapping = ColumnMapping(typeOID: oid, modifier: modifier, mask: mask, types: types)
                    return mapping.map { !$0.tupleColumn.acceptsBinary } ?? false
                }
                let mapping =
                    ColumnMapping(typeOID: oid, modifier: modifier, override: override, types: types)
                    ?? ColumnMapping(typeOID: oid, modifier: modifier, override: nil, types: types)
                return !(mapping?.tupleColumn.acceptsBinary ?? false)
            }
            return text.map { "\($0[0] ?? "").\($0[1] ?? "").\($0[2] ?? "")" }
        }
    }

    private static func readTypes(_ connection: borrowing PostgresConnection) throws(PostgresError) -> TypeCatalog {
        try CatalogReader.types(on: connection)
    }

    private static func run<Result>(_ work: () throws(PostgresError) -> Result) throws -> Result {
        do { return try work() } catch { throw ReplicationError(error, table: nil) }
    }

    private static func array(_ values: [some CustomStringConvertible]) -> String {
        "{" + values.map(\.description).joined(separator: ",") + "}"
    }
}

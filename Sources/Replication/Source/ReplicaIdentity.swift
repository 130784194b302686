import PostgresClient
import PostgresWire

/// What the changes of a table tell of its rows.
struct ReplicaIdentity: Sendable, Equatable {
    /// What the server sends of a row as it was before.
    var kind = PgOutputRelation.Identity.primaryKey
    /// The columns by which changes name a row: those of the identity, or of a whole row those of its primary key.
    ///
    /// None if only the whole row tells it apart, or nothing does.
    var key: [String] = []
    /// The columns that the server computes and does not send.
    var unsent: Set<String> = []

    /// A column by which changes should name rows and which they do not have.
    var unsentKeyColumn: String? { key.first { unsent.contains($0) } }
}

extension ReplicaIdentity {
    /// From here on servers can be told to send generated columns, and refuse changes that lack their key.
    private static let firstVersionThatSendsGenerated = 180_000

    /// What the catalog says of tables, by OID.
    static func read(
        of tables: [UInt32],
        on connection: borrowing PostgresConnection
    ) throws(PostgresError) -> [UInt32: ReplicaIdentity] {
        let isSent = connection.serverVersion >= firstVersionThatSendsGenerated
        // By a key that may be violated for a while no row can be told from another then.
        let rows = try connection.query(
            """
            SELECT c.oid, c.relreplident, a.attname, a.attgenerated <> '',
                   EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
                           AND a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1])
                           AND CASE WHEN c.relreplident = 'i' THEN i.indisreplident
                                    ELSE i.indisprimary AND i.indimmediate END)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
            WHERE c.oid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY c.oid, a.attnum
            """,
            ["{" + tables.map { "\($0)" }.joined(separator: ",") + "}"]
        ).rows
        var identities: [UInt32: ReplicaIdentity] = [:]
        for row in rows {
            guard let oid = row[0].flatMap(UInt32.init), let name = row[2] else { continue }
            var identity = identities[oid] ?? ReplicaIdentity()
            let kind = row[1]?.utf8.first.flatMap(PgOutputRelation.Identity.init(rawValue:))
            identity.kind = kind ?? identity.kind
            if row[3] == "t", !isSent { identity.unsent.insert(name) }
            if row[4] == "t", identity.kind != .nothing { identity.key.append(name) }
            identities[oid] = identity
        }
        return identities.mapValues { identity in
            var identity = identity
            // A whole row tells apart what an incomplete key does not.
            if identity.kind == .full, identity.unsentKeyColumn != nil { identity.key = [] }
            return identity
        }
    }
}

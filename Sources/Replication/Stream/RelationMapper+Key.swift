import Lake
import PostgresWire

extension RelationMapper {
    /// Refuses a relation whose changes would not find their rows by what the settings leave of the key.
    func checkKey(
        of table: PublishedTable,
        _ relation: PgOutputRelation,
        _ options: TableOptions,
        _ facts: Facts
    ) throws(ReplicationError) {
        let key = keyCells(of: relation, facts.primaryKey).map { relation.columns[$0].name }
        if relation.identity == .full {
            // Where all of a row names it, the rows that become equal are as good as one another.
            let isWhole = facts.primaryKey.allSatisfy { name in key.contains { $0.isSameName(as: name) } }
            guard isWhole, !facts.primaryKey.isEmpty else { return }
        }
        try options.requireKey(key, of: table.displayName)
    }
}

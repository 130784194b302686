import Lake
import PostgresWire

extension RelationMapper {
    /// Refuses a relation under which values would come into the lake that are to be masked, or whose rows could not be
    /// told apart by what masks leave of them.
    func checkMasks(
        of table: PublishedTable,
        _ relation: PgOutputRelation,
        as entry: (lakeName: String, first: [String]?),
        _ facts: Facts,
        _ schemas: SchemaRegistry
    ) throws(ReplicationError) {
        let rule = request.rules.rule(schema: table.schema, table: table.name, first: entry.first)
        guard let rule, !rule.options.masks.isEmpty else { return }
        try MaskedNames(rule: rule, table: table.displayName).check(
            Set(relation.columns.map(\.name)),
            present: Set(facts.numbers.columns.map(\.name)),
            known: schemas.sources(of: entry.lakeName)
        )
        // Where all of a row names it, the rows that become equal are as good as one another.
        guard relation.identity != .full || !facts.primaryKey.isEmpty else { return }
        let key = keyCells(of: relation, facts.primaryKey).map { relation.columns[$0].name }
        guard let lossy = key.filter({ rule.options.masks[$0]?.losesIdentity ?? false }).min() else { return }
        throw .maskedKey(lossy, of: table.displayName)
    }
}

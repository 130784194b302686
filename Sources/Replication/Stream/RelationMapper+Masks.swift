import Lake
import PostgresWire

extension RelationMapper {
    /// Refuses a relation under which values would come into the lake that are to be masked.
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
    }
}

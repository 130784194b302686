import Lake
import PostgresWire

extension RelationMapper {
    /// Refuses a relation under which values would come into the lake that are to be masked, or whose rows could not be
    /// told apart by what masks leave of them.
    ///
    /// A column that was renamed would come under its new name as it is. So one that is to be masked must be there, now
    /// or when the change was made; of a pattern, which is for tables of different columns, if the table ever had it.
    func checkMasks(
        of table: PublishedTable,
        _ relation: PgOutputRelation,
        as entry: (lakeName: String, first: [String]?),
        _ facts: Facts,
        _ schemas: SchemaRegistry
    ) throws(ReplicationError) {
        let rule = request.rules.rule(schema: table.schema, table: table.name, first: entry.first)
        guard let rule, !rule.options.masks.isEmpty else { return }
        let present = facts.columnNames.union(relation.columns.map(\.name))
        let former = Set(schemas.tables[entry.lakeName]?.map(\.source) ?? [])
        let gone = Set(rule.options.masks.keys).subtracting(present)
        let missing = rule.pattern.exactName != nil ? gone : gone.intersection(former)
        if let missing = missing.min() { throw .missingMasked(missing, of: table.displayName) }
        // Where all of a row names it, the rows that become equal are as good as one another.
        guard relation.identity != .full || !facts.primaryKey.isEmpty else { return }
        let key = keyCells(of: relation, facts.primaryKey).map { relation.columns[$0].name }
        guard let lossy = key.filter({ rule.options.masks[$0]?.losesIdentity ?? false }).min() else { return }
        throw .maskedKey(lossy, of: table.displayName)
    }
}

import Lake
import Logging
import PostgresWire

/// What Relation messages have said of the tables of a stream, and what follows when they say something else.
///
/// Used by the stream's thread only.
final class StreamRelations {
    /// What becomes of the changes of a relation.
    enum Relation {
        case streamed(StreamedTable)
        case ignored
    }

    /// A table whose changes are described by whole rows until it is certain that none is older than the key.
    private struct Unsettled {
        var relation: PgOutputRelation
        /// From which position on the table has had its key.
        var since: LSN
    }

    private let environment: StreamSession.Environment
    private let directory: TableDirectory
    private let mapper: RelationMapper
    /// The names of columns, with those that messages have added.
    private(set) var schemas: SchemaRegistry
    private var relations: [UInt32: Relation] = [:]
    /// What was last said of relations that are not known and of which no change has come, by OID.
    ///
    /// The server describes a partition as well whose rows come as those of its root: it is no table of the lake.
    private var described: [UInt32: (relation: PgOutputRelation, position: LSN)] = [:]
    /// Tables whose changes may be older than the key that they have by now, by OID.
    private var unsettled: [UInt32: Unsettled] = [:]

    init(
        _ environment: StreamSession.Environment,
        directory: TableDirectory,
        schemas: SchemaRegistry,
        isBinary: Bool
    ) {
        self.environment = environment
        self.directory = directory
        self.schemas = schemas
        mapper = RelationMapper(request: environment.request, logger: environment.logger, isBinary: isBinary)
    }

    /// Whether cells may come in binary form.
    var isBinary: Bool { mapper.isBinary }

    /// What becomes of the changes of a relation; nil if no message has described it.
    ///
    /// - Throws: ``ReplicationError``, ``RelationMapper/NeedsText``.
    func relation(ofChange oid: UInt32) throws -> Relation? {
        if let known = relations[oid] { return known }
        guard let (relation, position) = described.removeValue(forKey: oid) else { return nil }
        try register(relation, at: position)
        return relations[oid]
    }

    /// Describes the tables by their keys of which a transaction that commits here can have no older changes.
    func settle(at finalLSN: LSN) throws {
        for table in unsettled.values where table.since <= finalLSN { try map(table.relation, at: finalLSN) }
    }

    /// Takes a message in that describes a table, or describes it anew.
    ///
    /// - Parameters:
    ///   - relation: The message.
    ///   - position: The commit LSN of the transaction that it stands in.
    /// - Throws: ``ReplicationError``, ``RelationMapper/NeedsText``.
    func map(_ relation: PgOutputRelation, at position: LSN) throws {
        guard relations[relation.oid] != nil || directory.isKnown(oid: relation.oid) else {
            described[relation.oid] = (relation, position)
            return
        }
        described[relation.oid] = nil
        try register(relation, at: position)
    }

    private func register(_ relation: PgOutputRelation, at position: LSN) throws {
        // The server repeats itself whenever something about the table may have changed.
        var isRepeated = false
        if case .streamed(let known) = relations[relation.oid] { isRepeated = known.relation == relation }
        let table = PublishedTable(oid: relation.oid, schema: relation.schema, name: relation.name)
        guard
            directory.isKnown(oid: relation.oid)
                || environment.request.isSelected(schema: table.schema, table: table.name)
        else {
            if relations.updateValue(.ignored, forKey: relation.oid) == nil {
                environment.logger.info("table \(table.displayName) is published but not configured: it is left out")
            }
            return
        }
        let wanted = environment.request.lakeName(schema: table.schema, table: table.name)
        let before = directory.entry(oid: relation.oid)
        let entry = directory.register(table, as: wanted) { oid in
            (try? environment.lookup.exists(oid: oid)) ?? true
        }
        if let before, before.schema != table.schema || before.table != table.name {
            environment.logger.info(
                "table \(before.schema).\(before.table) is called \(table.schema).\(table.name) now; in the lake it keeps its name",
                metadata: ["name": "\(entry.name)"]
            )
        }
        var facts = try environment.lookup.facts(of: relation)
        let known = schemas.columnsLastSeen(of: entry.name)
        let since = schemas.note(
            key: facts.primaryKey,
            constraint: facts.keyConstraint,
            types: facts.keyTypes,
            at: facts.position,
            of: entry.name
        )
        // A whole row says no less than a key, and is right whatever the key was.
        if relation.identity == .full, position < since { facts.primaryKey = [] }
        unsettled[relation.oid] =
            relation.identity == .full && position < since ? Unsettled(relation: relation, since: since) : nil
        let former = schemas.shape(of: entry.name)
        let shape = mapper.shape(of: relation, first: entry.first, facts.numbers, facts.types, former: former)
        schemas.note(shape, of: entry.name)
        let reason = former.flatMap { former in
            mapper.reasonToLoad(shape, since: former, relation, first: entry.first, facts.numbers)
        }
        if isRepeated, case .streamed(let streamed) = relations[relation.oid],
            streamed.keyCells == mapper.keyCells(of: relation, facts.primaryKey)
        {
            if let reason { try reload(table, reason) }
            return
        }
        // What was described before keeps its builder until the next flush: a version of a table is a file.
        let streamed = try mapper.table(
            for: relation,
            lakeName: entry.name,
            first: entry.first,
            facts: facts,
            position: position,
            schemas: &schemas
        )
        relations[relation.oid] = .streamed(streamed)
        // Of a table that is gone there is nothing to be loaded.
        guard let known, !facts.numbers.columns.isEmpty else { return }
        if let reason = reason ?? reasonToLoad(streamed, since: known, facts) { try reload(table, reason) }
    }

    /// Why a table's older rows are not in the lake as they are needed; nil if they are.
    private func reasonToLoad(
        _ table: StreamedTable,
        since known: [SchemaRegistry.Column],
        _ facts: RelationMapper.Facts
    ) -> String? {
        let new = (schemas.columnsLastSeen(of: table.lakeName) ?? []).filter { column in
            !known.contains { $0.name.isSameName(as: column.name) }
        }
        let retyped = new.filter { column in known.contains { $0.source.isSameName(as: column.source) } }
        if !retyped.isEmpty {
            return "older rows have no values yet in \(retyped.map(\.name).joined(separator: ", ")), where those of "
                + "columns are that have changed their type"
        }
        let rowKey = mapper.rowKey(of: table, facts)
        let isNeeded = new.contains { column in
            facts.filledNames.contains(column.source) || rowKey.contains { $0.isSameName(as: column.name) }
        }
        return isNeeded ? "no change tells what older rows have in its new columns" : nil
    }

    private func reload(_ table: PublishedTable, _ reason: String) throws {
        environment.logger.warning("table \(table.displayName) is loaded again: \(reason)")
        try environment.reload(table)
    }
}

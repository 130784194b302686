import Columnar
import Ingest
import Lake
import Logging
import Parquet
import PostgresWire

/// Turns what a Relation message says into a table that can take changes.
struct RelationMapper {
    /// What the catalog adds to a Relation message.
    struct Facts {
        /// The types of the database.
        var types: TypeCatalog
        /// Each column's type, as `format_type` prints it.
        var typeNames: [String]
        /// The primary key's columns.
        var primaryKey: [String]
        /// The OID of its constraint.
        var keyConstraint: UInt32?
        /// What tells the types of its columns from others.
        var keyTypes: [String] = []
        /// Where the log was after the catalog had been asked.
        var position = LSN(rawValue: 0)
        /// All columns that the table has by now, published or not.
        var numbers = Numbers()
        /// Those that rows had a value in when they were added, of which no change tells.
        var filledNames: Set<String> = []
    }

    /// A table was found whose values are of use only as text, while the stream is binary.
    struct NeedsText: Error {}

    let request: ReplicationRequest
    let logger: Logger
    /// Whether cells may come in binary form.
    let isBinary: Bool

    /// Gives the columns of a table their names before its rows are loaded and before it has changed, so that a column
    /// whose type changes in between is not taken for the same.
    func announce(
        _ relation: PgOutputRelation,
        lakeName: String,
        first: [String]? = nil,
        types: TypeCatalog,
        position: LSN,
        schemas: inout SchemaRegistry
    ) throws(ReplicationError) {
        let published = PublishedTable(oid: relation.oid, schema: relation.schema, name: relation.name)
        let options = request.rules.options(schema: relation.schema, table: relation.name, first: first)
        if let rule = request.rules.rule(schema: relation.schema, table: relation.name, first: first) {
            let names = Set(relation.columns.map(\.name))
            try MaskedNames(rule: rule, table: published.displayName).check(names, present: names, known: [])
        }
        var columns: [(source: String, type: ColumnType)] = []
        for column in relation.columns where !options.excludedColumns.contains(column.name) {
            let mapping = try mapping(of: column, published, options, types)
            columns.append((column.name, mapping?.type ?? .leaf(.byteArray, .string)))
        }
        _ = schemas.names(
            for: columns,
            of: lakeName,
            at: position,
            taken: options.takenNames
        )
    }

    /// Maps a relation.
    ///
    /// - Parameters:
    ///   - relation: The message.
    ///   - lakeName: The table's name in the lake.
    ///   - first: Schema and name under which the table was first seen, if they are others now.
    ///   - facts: What the catalog adds.
    ///   - position: The commit LSN of the transaction that the message stands in.
    ///   - schemas: Gives columns their names.
    /// - Returns: The table.
    /// - Throws: ``NeedsText``; ``ReplicationError`` if values would come into the lake that are to be masked, or rows
    ///   could not be told apart by what the settings leave of them.
    func table(
        for relation: PgOutputRelation,
        lakeName: String,
        first: [String]? = nil,
        facts: Facts,
        position: LSN,
        schemas: inout SchemaRegistry
    ) throws -> StreamedTable {
        let published = PublishedTable(oid: relation.oid, schema: relation.schema, name: relation.name)
        let options = request.rules.options(schema: relation.schema, table: relation.name, first: first)
        try checkMasks(of: published, relation, as: (lakeName, first), facts, schemas)
        try checkKey(of: published, relation, options, facts)
        let mappings = try relation.columns.map { try mapping(of: $0, published, options, facts.types) }
        let cells = zip(relation.columns, mappings).map { column, mapping in
            // Of a column that is left out any form will do.
            if options.excludedColumns.contains(column.name) { return TupleColumn(text: .same, acceptsBinary: true) }
            return mapping?.tupleColumn ?? TupleColumn(text: .same, acceptsBinary: false)
        }
        if isBinary, cells.contains(where: { !$0.acceptsBinary }) { throw NeedsText() }
        let kept = relation.columns.indices.filter { !options.excludedColumns.contains(relation.columns[$0].name) }
        let types = kept.map { mappings[$0]?.type ?? .leaf(.byteArray, .string) }
        let before = schemas
        let names = schemas.names(
            for: zip(kept, types).map { (source: relation.columns[$0].name, type: $1) },
            of: lakeName,
            at: position,
            taken: options.takenNames
        )
        logChanges(of: published, lakeName, before, schemas)
        let columns = zip(kept.indices, kept).map { place, cell in
            ChangeSchema.Column(
                cell: cell,
                name: names[place],
                decoder: mappings[cell]?.decoder ?? .bytes,
                type: types[place]
            )
        }
        return StreamedTable(
            relation: relation,
            displayName: published.displayName,
            lakeName: lakeName,
            schema: ChangeSchema(columns: columns),
            cells: cells,
            keyCells: keyCells(of: relation, facts.primaryKey),
            writerOptions: WriterOptions(request.parquet),
            metadata: description(of: relation, columns, facts, options).footerEntries
        )
    }

    private func mapping(
        of column: PgOutputRelation.Column,
        _ table: PublishedTable,
        _ options: TableOptions,
        _ types: TypeCatalog
    ) throws(ReplicationError) -> ColumnMapping? {
        if let mask = options.mask(of: column.name, salt: request.maskSalt) {
            let (oid, modifier) = (column.typeOID, column.modifier)
            if let mapping = ColumnMapping(typeOID: oid, modifier: modifier, mask: mask, types: types) {
                return mapping
            }
            let typeName = types.base(of: oid, modifier: modifier)?.type.name ?? ""
            throw .unfitMask(column.name, of: table.displayName, typeName: typeName)
        }
        func mapping(_ override: ColumnMapping.Override?) -> ColumnMapping? {
            ColumnMapping(typeOID: column.typeOID, modifier: column.modifier, override: override, types: types)
        }
        let override = options.override(of: column.name)
        if let mapping = mapping(override) { return mapping }
        if override != nil {
            let text =
                "column \(column.name) of table \(table.displayName) has a type that its setting as: does not fit; its "
                + "values are stored as without the setting"
            logger.warning("\(text)")
        }
        // A type that the catalog no longer knows comes as PostgreSQL prints it.
        return mapping(nil)
    }

    /// The columns by which a former row is named: those of the identity; of FULL the primary key, if there is one.
    func keyCells(of relation: PgOutputRelation, _ primaryKey: [String]) -> Set<Int> {
        let identity = relation.columns.indices.filter { relation.columns[$0].isInIdentity }
        guard relation.identity == .full else { return Set(identity) }
        let key = relation.columns.indices.filter { index in
            primaryKey.contains { $0.isSameName(as: relation.columns[index].name) }
        }
        return Set(key.isEmpty || key.count < primaryKey.count ? identity : key)
    }

    /// The names in the lake of the columns by which changes of a table name a row.
    func rowKey(of table: StreamedTable, _ facts: Facts) -> [String] {
        let cells = keyCells(of: table.relation, facts.primaryKey)
        return table.schema.columns.filter { cells.contains($0.cell) }.map(\.name)
    }

    private func logChanges(
        of table: PublishedTable,
        _ lakeName: String,
        _ before: SchemaRegistry,
        _ after: SchemaRegistry
    ) {
        guard let known = before.tables[lakeName], let columns = after.tables[lakeName], known != columns else {
            return
        }
        for column in columns where !known.contains(column) {
            let isWider = known.contains { $0.name.isSameName(as: column.name) }
            if isWider || column.name.isSameName(as: column.source) {
                logger.info(
                    "table \(table.displayName) has a \(isWider ? "wider" : "new") column \(column.name)",
                    metadata: ["type": "\(column.type)"]
                )
            } else {
                let text =
                    "column \(column.source) of table \(table.displayName) has changed its type; its values are in column "
                    + "\(column.name) of the lake from here on, those of all rows once the table is loaded again"
                logger.warning("\(text)", metadata: ["type": "\(column.type)"])
            }
        }
    }

    // MARK: - Footer

    /// What the files say of the table; those of the partition column and the key that are left out are not named.
    private func description(
        of relation: PgOutputRelation,
        _ columns: [ChangeSchema.Column],
        _ facts: Facts,
        _ options: TableOptions
    ) -> TableDescription {
        TableDescription(
            table: "\(relation.schema).\(relation.name)",
            columns: columns.map { column in
                TableDescription.Column(
                    name: column.name,
                    type: Self.typeName(of: column, facts),
                    key: facts.primaryKey.contains { $0.isSameName(as: relation.columns[column.cell].name) },
                    mask: options.maskText(of: relation.columns[column.cell].name, salt: request.maskSalt)
                )
            },
            key: key(of: relation, columns, facts.primaryKey),
            identity: Self.identity(relation.identity),
            partition: partition(of: relation, columns, facts.types, options)
        )
    }

    /// The type of what the lake has of a column.
    private static func typeName(of column: ChangeSchema.Column, _ facts: Facts) -> String {
        if case .masked = column.decoder { return "text" }
        return column.cell < facts.typeNames.count ? facts.typeNames[column.cell] : ""
    }

    /// The names in the lake of the columns by which changes name a row; none if some of them are left out.
    private func key(
        of relation: PgOutputRelation,
        _ columns: [ChangeSchema.Column],
        _ primaryKey: [String]
    ) -> [String] {
        let wanted: [String]
        switch relation.identity {
        case .nothing: return []
        case .full: wanted = primaryKey
        case .primaryKey, .index: wanted = relation.columns.filter(\.isInIdentity).map(\.name)
        }
        let key = columns.filter { column in
            wanted.contains { $0.isSameName(as: relation.columns[column.cell].name) }
        }
        return key.count == wanted.count ? key.map(\.name) : []
    }

    private static func identity(_ identity: PgOutputRelation.Identity) -> TableDescription.Identity {
        switch identity {
        case .primaryKey: .primaryKey
        case .full: .full
        case .index: .index
        case .nothing: .nothing
        }
    }

    private func partition(
        of relation: PgOutputRelation,
        _ columns: [ChangeSchema.Column],
        _ types: TypeCatalog,
        _ options: TableOptions
    ) -> TableDescription.Partition? {
        let name = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        guard options.masks[name] == nil else { return nil }
        let column = columns.first { relation.columns[$0.cell].name.isSameName(as: name) }
        guard let column else { return nil }
        let source = relation.columns[column.cell]
        guard PartitionType.oid(of: source.typeOID, modifier: source.modifier, types) != nil else { return nil }
        return TableDescription.Partition(column: column.name, timeZone: options.timeZone)
    }
}

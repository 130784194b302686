import Columnar
import Ingest
import Lake
import PostgresWire

extension TablePlanner {
    /// The columns that are exported, in the table's order.
    ///
    /// Of a table that a stream carries they have the names that its files of changes give them, or will give them.
    func columns(
        of table: SourceTable,
        _ lakeName: String,
        _ options: TableOptions,
        carriedBy stream: LakeStreams.Stream?
    ) throws(ReplicationError) -> [ExportedColumn] {
        let sources = try sources(of: table, options, isStreamed: stream != nil)
        try checkMasks(of: table, known: stream?.schemas.sources(of: lakeName) ?? [])
        var columns: [ExportedColumn] = []
        for source in sources {
            let mapping = try mapping(of: source, table, options)
            columns.append(ExportedColumn(source: source, name: source.name, mapping: mapping))
        }
        guard var schemas = stream?.schemas else { return columns }
        // What the registry would say is not kept: the stream itself names what it has not seen yet, in the same way.
        let names = schemas.names(
            for: columns.map { (source: $0.source.name, type: $0.mapping.type) },
            of: lakeName,
            at: LSN(snapshot.lsn) ?? LSN(rawValue: .max),
            taken: options.takenNames
        )
        for (index, name) in names.enumerated() { columns[index].name = name }
        return columns
    }

    private func sources(
        of table: SourceTable,
        _ options: TableOptions,
        isStreamed: Bool
    ) throws(ReplicationError) -> [SourceTable.Column] {
        let named = options.excludedColumns.union(options.representations.keys)
        if let unknown = named.subtracting(table.columnNames).min() {
            throw ReplicationError(
                .configuration,
                "table \(table.displayName) has no column \(unknown); correct exclude_columns or columns in its settings"
            )
        }
        let columns = table.columns.filter { !options.excludedColumns.contains($0.name) }
        // A stream gives such a column another name.
        let taken = [RowLayout.lsn, RowLayout.rescued] + (options.deletes == .soft ? [RowLayout.deleted] : [])
        if !isStreamed, let taken = columns.first(where: { taken.contains($0.name) }) {
            throw ReplicationError(
                .configuration,
                "table \(table.displayName) has a column \(taken.name), a name the lake needs itself; list it under "
                    + "exclude_columns or rename it"
            )
        }
        if let denied = columns.first(where: { !$0.isReadable }) {
            throw ReplicationError(
                .database,
                "permission denied for column \(denied.name) of table \(table.displayName); run GRANT SELECT for the "
                    + "role of database.url, or list the column under exclude_columns"
            )
        }
        return columns
    }

    private func checkMasks(of table: SourceTable, known: Set<String>) throws(ReplicationError) {
        guard let rule = request.rule(of: table) else { return }
        try MaskedNames(rule: rule, table: table.displayName).check(
            Set(table.columns.map(\.name)),
            present: table.columnNames,
            known: known
        )
        if let key = table.columns.first(where: { $0.isKey && rule.options.masks[$0.name]?.losesIdentity ?? false }) {
            throw .maskedKey(key.name, of: table.displayName)
        }
    }

    private func mapping(
        of column: SourceTable.Column,
        _ table: SourceTable,
        _ options: TableOptions
    ) throws(ReplicationError) -> ColumnMapping {
        if let mask = options.mask(of: column.name, salt: request.maskSalt) {
            let (oid, modifier) = (column.typeOID, column.modifier)
            if let mapping = ColumnMapping(typeOID: oid, modifier: modifier, mask: mask, types: types) {
                return mapping
            }
            throw .unfitMask(column.name, of: table.displayName, typeName: column.typeName)
        }
        let mapping = ColumnMapping(
            typeOID: column.typeOID,
            modifier: column.modifier,
            override: options.override(of: column.name),
            types: types
        )
        guard let mapping else {
            throw ReplicationError(
                .configuration,
                "column \(column.name) of table \(table.displayName) has type \(column.typeName), which its setting "
                    + "as: does not fit; remove the setting or correct it"
            )
        }
        return mapping
    }

    /// The columns by which rows are told apart, as the lake calls them; none if not all of them are exported, as the rest
    /// tells no rows apart.
    ///
    /// Those of the primary key; of a streamed table those of the index by which its changes name rows, if it has one.
    func key(of table: SourceTable, _ columns: [ExportedColumn], isStreamed: Bool) -> [String] {
        if isStreamed, table.identity.kind == .index {
            let names = table.identity.key
            let key = columns.filter { column in names.contains { $0.isSameName(as: column.source.name) } }
            return key.count == names.count ? key.map(\.name) : []
        }
        let key = columns.filter(\.source.isKey).map(\.name)
        return key.count == table.keyColumnCount ? key : []
    }

    /// What the server is asked for.
    func expression(_ column: String, _ selection: ColumnMapping.Selection) -> String {
        switch selection {
        case .column: column
        case .text(let function): "pg_catalog.textin(\(function)(\(column)))"
        case .textArray: "pg_catalog.textin(pg_catalog.array_out(\(column)))::pg_catalog.text[]"
        case .textArrayByElement(let function):
            "CASE WHEN pg_catalog.array_ndims(\(column)) > 1 OR pg_catalog.array_lower(\(column), 1) <> 1 "
                + "THEN ARRAY[ARRAY[pg_catalog.textin(pg_catalog.array_out(\(column)))]] "
                + "WHEN \(column) IS NOT NULL THEN ARRAY(SELECT pg_catalog.textin(\(function)(e)) "
                + "FROM pg_catalog.unnest(\(column)) WITH ORDINALITY u(e, o) ORDER BY o) END"
        }
    }
}

import Ingest
import Lake
import PostgresClient

extension TablePlanner {
    /// Plans how the rows of a table are compared, by the settings and names under which it is exported.
    ///
    /// - Parameters:
    ///   - table: The table, complete; of a streamed one without what the stream does not carry.
    ///   - stream: The stream that brings its changes into the lake, if one does.
    /// - Returns: The plan.
    /// - Throws: ``ReplicationError`` if settings and table do not go together.
    func checksumPlan(
        of table: SourceTable,
        carriedBy stream: LakeStreams.Stream?
    ) throws(ReplicationError) -> ChecksumPlan {
        let options = request.options(of: table)
        let lakeName = lakeName(of: table, options)
        let exported = try columns(of: table, lakeName, options, carriedBy: stream)
        var columns: [ChecksumPlan.Column] = []
        for column in exported {
            if let column = try checksumColumn(column, of: table, options) { columns.append(column) }
        }
        let quoting = IdentifierQuoting()
        let names = key(of: table, exported, isStreamed: stream != nil)
        let key = names.compactMap { name in columns.firstIndex { $0.name.isSameName(as: name) } }
        // Rows that have no key to compare are compared as wholes.
        let isKeyKnown = key.count == names.count && key.allSatisfy { columns[$0].comparison == .values }
        return ChecksumPlan(
            displayName: table.displayName,
            lakeName: lakeName,
            columns: columns,
            key: isKeyKnown ? key : [],
            partition: try partitionColumn(of: table, options).map { partition in
                DayCondition(
                    column: quoting.quote(partition.column.name),
                    typeOID: partition.typeOID,
                    timeZone: options.timeZone
                )
            },
            // Tables that inherit are tables of their own.
            relation: (table.isPartitioned ? "" : "ONLY ")
                + "\(quoting.quote(table.schema)).\(quoting.quote(table.name))",
            rowFilter: table.rowFilter
        )
    }

    /// How a column is compared; nil if a mask leaves nothing of it.
    private func checksumColumn(
        _ column: ExportedColumn,
        of table: SourceTable,
        _ options: TableOptions
    ) throws(ReplicationError) -> ChecksumPlan.Column? {
        let comparison: ColumnComparison
        switch column.mapping.decoder {
        case .nothing: return nil
        case .masked(.sha256): comparison = .presence
        case .masked(.prefix(let characterCount)): comparison = .prefix(characterCount: characterCount)
        default: comparison = .values
        }
        let override = options.override(of: column.source.name)
        let printing = ServerText(
            typeOID: column.source.typeOID,
            modifier: column.source.modifier,
            override: override,
            comparison: comparison,
            types: types
        )
        guard let printing else {
            throw ReplicationError(
                .database,
                "column \(column.source.name) of table \(table.displayName) has a type that the database does not know"
            )
        }
        var decimals: PrintedValue.Decimals?
        if case .decimal = override { decimals = .needed }
        return ChecksumPlan.Column(
            source: column.source.name,
            name: column.name,
            comparison: comparison,
            mapping: column.mapping,
            decimals: decimals,
            printing: printing
        )
    }
}

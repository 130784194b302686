import Ingest
import Lake
import PostgresWire

extension RelationMapper {
    /// What the catalog says of a table's columns.
    struct Numbers {
        /// Names and numbers, in the order of the numbers.
        var columns: [(name: String, number: Int)] = []
        /// The largest number that a column has had.
        var columnCount = 0

        func number(of name: String) -> Int? { columns.first { $0.name.isSameName(as: name) }?.number }
    }

    /// A table's shape as a relation and the catalog show it.
    ///
    /// The catalog may be ahead of the relation, which comes from the log: what it does not know any more keeps its former
    /// number, and the way to days is that of before until both agree.
    func shape(
        of relation: PgOutputRelation,
        first: [String]?,
        _ numbers: Numbers,
        _ types: TypeCatalog,
        former: TableShape?
    ) -> TableShape {
        let options = request.rules.options(schema: relation.schema, table: relation.name, first: first)
        var isCurrent = true
        let columns = relation.columns.compactMap { column -> TableShape.Column? in
            guard !options.excludedColumns.contains(column.name) else { return nil }
            let known = former?.columns.first { $0.name.isSameName(as: column.name) }
            guard let number = numbers.number(of: column.name) else {
                isCurrent = false
                return known
            }
            return TableShape.Column(
                name: column.name,
                number: number,
                mask: options.maskText(of: column.name, salt: request.maskSalt)
            )
        }
        let partition = partitionText(of: relation, options, types)
        let shape = TableShape(
            columns: columns,
            columnCount: numbers.columnCount,
            partition: isCurrent ? partition : former.map(\.partition) ?? partition
        )
        guard let former else { return shape }
        return shape.remembering(former) { column in
            numbers.number(of: column.name) == column.number && !options.excludedColumns.contains(column.name)
        }
    }

    /// Why the rows that the lake has of a table are not what they have to be by now; nil if they are.
    func reasonToLoad(
        _ shape: TableShape,
        since former: TableShape,
        _ relation: PgOutputRelation,
        first: [String]?,
        _ numbers: Numbers
    ) -> String? {
        if let reason = shape.reasonToLoad(since: former) { return reason }
        let excluded = request.rules.options(schema: relation.schema, table: relation.name, first: first)
            .excludedColumns
        for column in former.columns where column.isPresent && excluded.contains(column.name) {
            // Of a column that the table has lost the lake keeps what it has.
            if numbers.number(of: column.name) == column.number { return "its column \(column.name) is left out now" }
        }
        return isRenamed(relation, since: former, numbers) ? "names of its columns have changed" : nil
    }

    /// Whether columns have got other names since the log had the relation, as far as that can be told.
    private func isRenamed(_ relation: PgOutputRelation, since former: TableShape, _ numbers: Numbers) -> Bool {
        // The log has columns in the order of their numbers.
        let order = relation.columns.compactMap { numbers.number(of: $0.name) }
        if order != order.sorted() { return true }
        let names = relation.columns.map(\.name)
        let hasUnknown = names.contains { name in
            numbers.number(of: name) == nil && !former.columns.contains { $0.name.isSameName(as: name) }
        }
        return hasUnknown
            && former.columns.contains { column in
                column.isPresent && numbers.number(of: column.name) == column.number
                    && !names.contains { $0.isSameName(as: column.name) }
            }
    }

    private func partitionText(
        of relation: PgOutputRelation,
        _ options: TableOptions,
        _ types: TypeCatalog
    ) -> String? {
        let name = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        guard !options.excludedColumns.contains(name), options.masks[name] == nil,
            let column = relation.columns.first(where: { $0.name.isSameName(as: name) }),
            PartitionType.oid(of: column.typeOID, modifier: column.modifier, types) != nil
        else { return nil }
        return "\(column.name) \(options.timeZone)"
    }
}

import Columnar
import Ingest
import Lake

/// Compares what a day's file has and says of itself with the table as it is now.
struct SchemaAgreement {
    /// A column that the lake should have.
    struct Expected: Equatable {
        var name: String
        var type: ColumnType
        /// Tells what is kept of its values from what is under other settings.
        var mask: String?
        /// The commit LSN of the first change that has shown it; nil if that is not known.
        var since: ChangePosition?
    }

    /// A file.
    struct File {
        var schema: TableSchema
        /// What its footer says of the table; nil if it says nothing.
        var description: TableDescription?
        /// The last change that it holds.
        var applied: ChangePosition
    }

    /// What does not agree.
    struct Problem: Hashable {
        var severity: ValidationFinding.Severity
        var text: String
    }

    /// The columns, in the table's order.
    var columns: [Expected]
    var key: [String]
    var partition: TableDescription.Partition?
    /// Names of columns that the lake has or had of the table.
    var known: Set<String>
    /// Names of columns that the settings leave out.
    var excluded: Set<String>
    var isStreamed: Bool
    var hasDeleted: Bool

    /// Compares a file.
    func problems(of file: File) -> [Problem] {
        let layout = RowLayout(dayFile: file.schema)
        var problems: [Problem] = []
        func note(_ severity: ValidationFinding.Severity, _ text: String) {
            problems.append(Problem(severity: severity, text: text))
        }
        let own = file.schema.fields.dropFirst(layout.columns.count).map(\.name)
        if !own.contains(RowLayout.lsn) { note(.failure, "has no column \(RowLayout.lsn)") }
        guard let description = file.description else {
            note(.failure, "does not say of which table and columns it is")
            return problems
        }
        let described = description.columns.map(\.name)
        if let odd = layout.columns.first(where: { column in !described.contains { $0.isSameName(as: column.name) } }) {
            note(.failure, "has a column \(odd.name) that its footer does not name")
        }
        if let odd = described.first(where: { layout.index(of: $0) == nil }) {
            note(.failure, "has no column \(odd), which its footer names")
        }
        for column in columns { compare(column, in: layout, description, file.applied, &problems) }
        for column in layout.columns where !columns.contains(where: { $0.name.isSameName(as: column.name) }) {
            if excluded.contains(column.name) {
                note(.failure, "has column \(column.name), which exclude_columns leaves out")
            } else if !known.contains(column.name) {
                note(.warning, "has column \(column.name), which the table does not have")
            }
        }
        if !isSame(description.key, key) {
            let text =
                "tells rows apart by (\(description.key.joined(separator: ", "))) where the table does by "
                + "(\(key.joined(separator: ", ")))"
            // A key may have changed since; the next change of the day brings the new one.
            note(isStreamed ? .warning : .failure, text)
        }
        if description.partition?.timeZone != partition?.timeZone
            || (description.partition == nil) != (partition == nil)
        {
            note(.failure, "was divided into days otherwise than the settings say (partition_by, time_zone)")
        }
        return problems
    }

    private func compare(
        _ column: Expected,
        in layout: RowLayout,
        _ description: TableDescription,
        _ applied: ChangePosition,
        _ problems: inout [Problem]
    ) {
        guard let index = layout.index(of: column.name) else {
            // Rows from before the column came read as NULL.
            let isOlder = isStreamed && (column.since.map { applied < $0 } ?? true)
            if !isOlder {
                problems.append(Problem(severity: .warning, text: "has no column \(column.name), which reads as NULL"))
            }
            return
        }
        let (found, expected) = (layout.columns[index].type.parquetText, column.type.parquetText)
        if found != expected, !ColumnType.widens(found, to: expected) {
            problems.append(
                Problem(
                    severity: .failure,
                    text: "has column \(column.name) as \(found) where the table needs \(expected)"
                )
            )
        }
        let mask = description.columns.first { $0.name.isSameName(as: column.name) }?.mask
        if mask != column.mask {
            let text = "has column \(column.name) masked otherwise than the settings say"
            problems.append(Problem(severity: .failure, text: text))
        }
    }

    private func isSame(_ names: [String], _ others: [String]) -> Bool {
        names.count == others.count && names.allSatisfy { name in others.contains { $0.isSameName(as: name) } }
    }
}

extension SchemaAgreement {
    /// What the files of a table should be like.
    init(_ table: ValidatedTable) {
        let registered = table.stream?.schemas.tables[table.name] ?? []
        columns = table.columns.map { column in
            let type = column.mapping.type
            let versions = registered.first { $0.name.isSameName(as: column.name) }?.versions
            return Expected(
                name: column.name,
                type: type,
                mask: table.masks[column.name],
                since: versions?.first.map { ChangePosition(lsn: $0.since) }
            )
        }
        key = table.key
        partition = table.checksums.partition.map { partition in
            TableDescription.Partition(column: partition.column, timeZone: partition.timeZone)
        }
        known = Set(registered.map(\.name))
        excluded = table.options.excludedColumns
        isStreamed = table.stream != nil
        hasDeleted = table.options.deletes == .soft
    }
}

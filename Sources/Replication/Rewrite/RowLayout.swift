import Columnar
import Lake

/// The table's columns in the order in which files have them.
struct RowLayout: Sendable, Equatable {
    struct Column: Sendable, Equatable {
        var name: String
        var type: ColumnType
    }

    /// What a day's object has besides the table's columns.
    static let lsn = "_lsn"
    static let deleted = "_deleted"
    static let rescued = "_rescued"

    var columns: [Column] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The place of a column.
    func index(of name: String) -> Int? { columns.firstIndex { $0.name.isSameName(as: name) } }

    /// The columns of this layout and a newer one: the newer's order, then what only this one has; each with the wider
    /// of its types.
    ///
    /// - Returns: The layout, or the name of a column whose types do not go together.
    func merged(into newer: RowLayout) -> Result<RowLayout, Conflict> {
        var columns = newer.columns
        for column in self.columns {
            guard let index = newer.index(of: column.name) else {
                columns.append(column)
                continue
            }
            guard let type = Self.wider(column.type, columns[index].type) else {
                return .failure(Conflict(column: column.name, types: [column.type, columns[index].type]))
            }
            columns[index].type = type
        }
        return .success(RowLayout(columns))
    }

    /// A column that has two types of which neither holds the values of the other.
    struct Conflict: Error {
        var column: String
        var types: [ColumnType]
    }

    /// The type that holds the values of both, the newer where it does not matter.
    static func wider(_ older: ColumnType, _ newer: ColumnType) -> ColumnType? {
        if older == newer { return newer }
        let (from, to) = (older.parquetText, newer.parquetText)
        // Texts that mean different things lie in the same way.
        if from == to || ColumnType.widens(from, to: to) { return newer }
        return ColumnType.widens(to, to: from) ? older : nil
    }
}

extension RowLayout {
    /// The table's columns among those of a day's object.
    init(dayFile schema: TableSchema) {
        // The lake's own columns begin with this one; a table may well have one of the others' names.
        columns = schema.fields.prefix { $0.name != Self.lsn }.map { Column(name: $0.name, type: $0.type) }
    }

    /// The schema of a day's object with these columns.
    func schema(hasDeleted: Bool, hasRescued: Bool) -> TableSchema {
        var fields = columns.map { Field(name: $0.name, type: $0.type) }
        fields.append(Field(name: Self.lsn, type: .leaf(.int64, nil)))
        if hasDeleted { fields.append(Field(name: Self.deleted, type: .leaf(.boolean, nil))) }
        if hasRescued { fields.append(Field(name: Self.rescued, type: .leaf(.byteArray, .json))) }
        return TableSchema(fields: fields)
    }
}

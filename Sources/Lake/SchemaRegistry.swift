public import Columnar

/// Which column of the lake takes which column of a table, kept for as long as the slot lives.
///
/// A column whose type changes to one that readers cannot mix with the former gets a name of its own, `amount__v2`, and
/// keeps it. Kept as `_sluice/<slot>/schemas.json`.
public struct SchemaRegistry: Codable, Sendable, Equatable {
    /// A column of the lake.
    public struct Column: Codable, Sendable, Equatable {
        /// Its name in the lake.
        public var name: String
        /// The name of the table's column.
        public var source: String
        /// The widest type that it has had, as ``ColumnType/parquetText`` writes it.
        public var type: String
    }

    /// The columns of each table, by the table's name in the lake, in the order in which they came.
    public private(set) var tables: [String: [Column]] = [:]

    /// Begins without tables.
    public init() {}

    /// The key of a slot's registry.
    public static func key(slot: String) -> String { "_sluice/\(LakeLayout.encode(slot))/schemas.json" }

    /// Names the columns of a table, adding those that are new.
    ///
    /// - Parameters:
    ///   - columns: The table's columns with the types that they are to have in the lake.
    ///   - table: The table's name in the lake.
    ///   - taken: Names that columns of a table may not have.
    /// - Returns: A name for each column, none twice.
    public mutating func names(
        for columns: [(source: String, type: ColumnType)],
        of table: String,
        taken: Set<String>
    ) -> [String] {
        var known = tables[table] ?? []
        let names = columns.map { column in
            let text = column.type.parquetText
            let candidates = known.indices.filter { known[$0].source == column.source }
            // The latest that fits: going back to a former type is going back to its column.
            if let index = candidates.last(where: { Self.fits(text, known[$0].type) }) { return known[index].name }
            if let index = candidates.last(where: { ColumnType.widens(known[$0].type, to: text) }) {
                known[index].type = text
                return known[index].name
            }
            let name = Self.free(column.source, known, taken)
            known.append(Column(name: name, source: column.source, type: text))
            return name
        }
        tables[table] = known
        return names
    }

    /// Whether values of a type may stand where the column's have stood.
    private static func fits(_ type: String, _ column: String) -> Bool {
        type == column || ColumnType.widens(type, to: column)
    }

    private static func free(_ source: String, _ known: [Column], _ taken: Set<String>) -> String {
        var name = source
        var version = 1
        while taken.contains(name) || known.contains(where: { $0.name == name }) {
            version += 1
            name = "\(source)__v\(version)"
        }
        return name
    }
}

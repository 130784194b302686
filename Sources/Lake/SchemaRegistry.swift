public import Columnar
public import PostgresWire

/// Which column of the lake takes which column of a table, kept for as long as the slot lives.
///
/// A column whose type changes to one that readers cannot mix with the former gets a name of its own, `amount__v2`, and
/// keeps it. Kept as `_sluice/<slot>/schemas.json`.
public struct SchemaRegistry: Codable, Sendable, Equatable {
    /// A type that a column has from a position on.
    public struct Version: Codable, Sendable, Equatable {
        /// The type, as ``ColumnType/parquetText`` writes it.
        public var type: String
        /// The commit LSN of the first transaction that has shown it.
        public var since: LSN
    }

    /// A column of the lake.
    public struct Column: Codable, Sendable, Equatable {
        /// Its name in the lake.
        public var name: String
        /// The name of the table's column.
        public var source: String
        /// The types that it has had, each wider than the one before.
        public var versions: [Version]

        /// The widest type.
        public var type: String { versions.last?.type ?? "" }

        /// Whether the column had this type at a position, which may be one that was read before: after a crash the
        /// server sends again what the table looked like then.
        fileprivate func had(_ type: String, at position: LSN) -> Bool {
            versions.indices.contains(where: { index in
                versions[index].type == type
                    && (index == versions.count - 1 || position <= versions[index + 1].since)
            })
        }
    }

    /// The columns of each table, by the table's name in the lake, in the order in which they came.
    public private(set) var tables: [String: [Column]] = [:]

    /// The primary key of each table by which its last changes were described, by the table's name in the lake; nil in
    /// the documents of releases that did not keep it.
    private var keys: [String: [String]]?

    /// What is known of that key beside its columns.
    private var keyOrigins: [String: KeyOrigin]?

    /// The names in the lake of the columns that each table had when it was last described, by the table's name in the
    /// lake; nil in the documents of releases that did not keep them.
    private var present: [String: [String]]?

    /// What each table looked like when it was last looked at, by its name in the lake; nil in the documents of releases
    /// that did not keep it.
    private var shapes: [String: TableShape]?

    private struct KeyOrigin: Codable, Sendable, Equatable {
        /// The OID of the constraint: a key that is made again has another.
        var constraint: UInt32?
        /// The types of its columns: where one changes, the server itself makes the key again.
        var types: [String]?
        /// From which position on no change is older than the key.
        var since: LSN
    }

    /// Begins without tables.
    public init() {}

    /// The key of a slot's registry.
    public static func key(slot: String) -> String { "_sluice/\(LakeLayout.encode(slot))/schemas.json" }

    /// The columns of a table that are known, by the names that they have or had there.
    public func sources(of table: String) -> Set<String> { Set(tables[table]?.map(\.source) ?? []) }

    /// Whether these columns, by their names there, were last noted as a table's primary key; nil if none ever was.
    public func isKey(_ key: [String], of table: String) -> Bool? {
        keys?[table].map { noted in
            noted.count == key.count && noted.allSatisfy { name in key.contains { $0.isSameName(as: name) } }
        }
    }

    /// Notes the primary key that a table has by now.
    ///
    /// - Parameters:
    ///   - key: The names of its columns in the table; none if it has none.
    ///   - constraint: The OID of its constraint.
    ///   - types: What tells the types of its columns from others.
    ///   - position: Where the log was after the catalog had been asked.
    ///   - table: The table's name in the lake.
    /// - Returns: From which position on the table has had this key: transactions that commit before may have written rows
    ///   when it had none, or another.
    @discardableResult
    public mutating func note(
        key: [String],
        constraint: UInt32? = nil,
        types: [String] = [],
        at position: LSN = LSN(rawValue: 0),
        of table: String
    ) -> LSN {
        let known = keyOrigins?[table]
        // The same constraint goes on if a column of it gets another name.
        let isSameConstraint = constraint != nil && known?.constraint == constraint
        let hasSameColumns = isKey(key, of: table) == true
        let isRemade = hasSameColumns && (known?.constraint == nil || known?.types != types)
        let isSame = isSameConstraint || isRemade || hasSameColumns && known?.constraint == constraint
        let since = isSame ? known?.since ?? LSN(rawValue: 0) : position
        if !hasSameColumns { keys = (keys ?? [:]).merging([table: key]) { _, new in new } }
        note(KeyOrigin(constraint: constraint, types: types, since: since), of: table)
        return since
    }

    private mutating func note(_ origin: KeyOrigin, of table: String) {
        guard keyOrigins?[table] != origin else { return }
        keyOrigins = (keyOrigins ?? [:]).merging([table: origin]) { _, new in new }
    }

    /// What a table looked like when it was last looked at; nil if nobody has noted it.
    public func shape(of table: String) -> TableShape? { shapes?[table] }

    /// Notes what a table looks like.
    public mutating func note(_ shape: TableShape, of table: String) {
        guard shapes?[table] != shape else { return }
        shapes = (shapes ?? [:]).merging([table: shape]) { _, new in new }
    }

    /// The columns that a table had when it was last described; where nobody has noted them, all that are known.
    public func columnsLastSeen(of table: String) -> [Column]? {
        guard let known = tables[table], let names = present?[table] else { return tables[table] }
        return known.filter { column in names.contains { $0.isSameName(as: column.name) } }
    }

    /// Names the columns of a table, adding those that are new.
    ///
    /// - Parameters:
    ///   - columns: The table's columns with the types that they are to have in the lake.
    ///   - table: The table's name in the lake.
    ///   - position: The commit LSN of the transaction that shows them.
    ///   - taken: Names that columns of a table may not have.
    /// - Returns: A name for each column, none twice.
    public mutating func names(
        for columns: [(source: String, type: ColumnType)],
        of table: String,
        at position: LSN,
        taken: Set<String>
    ) -> [String] {
        var known = tables[table] ?? []
        let names = columns.map { column in
            let text = column.type.parquetText
            let candidates = known.indices.filter { known[$0].source.isSameName(as: column.source) }
            // Going back to a former type is going back to its column, unless that has grown since.
            if let index = candidates.last(where: { known[$0].had(text, at: position) }) { return known[index].name }
            let version = Version(type: text, since: position)
            if let index = candidates.last(where: { ColumnType.widens(known[$0].type, to: text) }) {
                known[index].versions.append(version)
                return known[index].name
            }
            let name = Self.free(column.source, known, taken)
            known.append(Column(name: name, source: column.source, versions: [version]))
            return name
        }
        tables[table] = known
        if present?[table] != names { present = (present ?? [:]).merging([table: names]) { _, new in new } }
        return names
    }

    private static func free(_ source: String, _ known: [Column], _ taken: Set<String>) -> String {
        var name = source
        var version = 1
        while taken.contains(name) || known.contains(where: { $0.name.isSameName(as: name) }) {
            version += 1
            name = "\(source)__v\(version)"
        }
        return name
    }
}

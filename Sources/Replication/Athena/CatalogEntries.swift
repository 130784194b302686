import Lake
import PostgresWire

/// Chooses the tables of the lake that come into the catalog.
///
/// Blocks the calling thread.
struct CatalogEntries {
    let reading: CatalogReading
    let request: ReplicationRequest

    init(_ reading: CatalogReading, _ request: ReplicationRequest) {
        self.reading = reading
        self.request = request
    }

    /// The tables that some patterns name.
    ///
    /// - Parameters:
    ///   - patterns: The tables by their names in the database; empty for all.
    ///   - keepsDeleted: Whether rows of a table that are deleted stay.
    /// - Returns: What the lake has of each table, in the order of names.
    /// - Throws: ``ReplicationError`` if the lake has none, or none that a pattern names.
    func list(_ patterns: [TablePattern], keepsDeleted: (String) -> Bool) throws -> [CatalogEntry] {
        var entries: [CatalogEntry] = []
        var matched = Set<Int>()
        for name in try reading.names() {
            let known = reading.source(of: name).map { (schema: $0.schema, table: $0.table) }
            if let known, !patterns.isEmpty {
                guard Self.match(known, patterns, &matched) else { continue }
            }
            guard let entry = try reading.entry(of: name, keepsDeleted: keepsDeleted(name))?.entry else { continue }
            if known == nil {
                let source = Self.source(entry.description.table)
                guard request.isSelected(schema: source.schema, table: source.table) else { continue }
                guard patterns.isEmpty || Self.match(source, patterns, &matched) else { continue }
            }
            entries.append(entry)
        }
        if let missing = patterns.indices.first(where: { !matched.contains($0) }) {
            throw ReplicationError(.tables, "the lake has no table \(patterns[missing]) with rows or changes")
        }
        guard !entries.isEmpty || reading.checkpoint != nil else { throw ReplicationError(withoutTables: request) }
        return entries
    }

    private static func match(
        _ source: (schema: String, table: String),
        _ patterns: [TablePattern],
        _ matched: inout Set<Int>
    ) -> Bool {
        let found = patterns.indices.filter { patterns[$0].matches(schema: source.schema, table: source.table) }
        matched.formUnion(found)
        return !found.isEmpty
    }

    /// Schema and name of a table that only its files tell of.
    private static func source(_ text: String) -> (schema: String, table: String) {
        let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : ("public", text)
    }
}

import Lake

/// Which table of the lake belongs to which table of the database.
///
/// A table is its OID: renamed, it keeps its name in the lake; dropped and made again under the same name, it takes the
/// place of the one before and is loaded anew.
struct TableRegistry: Sendable, Equatable {
    private(set) var tables: [Checkpoint.Table]

    /// Tables of one name that are remembered after they were dropped.
    private static let rememberedTables = 16

    /// Continues with what the checkpoint knows.
    init(_ tables: [Checkpoint.Table]) {
        self.tables = tables
    }

    /// The entry of a table that is there now.
    func entry(oid: UInt32) -> Checkpoint.Table? { tables.first { $0.oid == oid } }

    /// Whether the stream carries the table, or did until it was dropped.
    func isKnown(oid: UInt32) -> Bool { tables.contains { $0.oid == oid || $0.former?.contains(oid) ?? false } }

    /// Finds or makes the entry of a table.
    ///
    /// - Parameters:
    ///   - table: The table, as it is called now.
    ///   - wanted: The name that the configuration gives it in the lake.
    ///   - isAlive: Whether another table is still there, so that its name is not to be had.
    /// - Returns: The entry.
    mutating func register(
        _ table: PublishedTable,
        as wanted: String,
        isAlive: (UInt32) -> Bool
    ) -> Checkpoint.Table {
        if let index = tables.firstIndex(where: { $0.oid == table.oid }) {
            let known = [tables[index].schema, tables[index].table]
            if known != [table.schema, table.name], tables[index].first == nil { tables[index].first = known }
            tables[index].schema = table.schema
            tables[index].table = table.name
            if let membership = table.membership {
                if let known = tables[index].membership, known != membership { tables[index].loaded = nil }
                tables[index].membership = membership
            }
            return tables[index]
        }
        // What is left of a table that is gone goes where its changes have always gone.
        if let successor = tables.first(where: { $0.former?.contains(table.oid) ?? false }) { return successor }
        var name = wanted
        if let index = tables.firstIndex(where: { ChangeFileName.shareFolder($0.name, wanted) }) {
            if tables[index].name == wanted, !isAlive(tables[index].oid) {
                let former = (tables[index].former ?? []) + [tables[index].oid]
                tables[index] = Self.entry(table, wanted)
                tables[index].former = Array(former.suffix(Self.rememberedTables))
                return tables[index]
            }
            name = "\(wanted)__\(table.oid)"
        }
        let entry = Self.entry(table, name)
        tables.append(entry)
        return entry
    }

    /// Forgets that tables were loaded.
    mutating func unload(_ oids: Set<UInt32>) {
        for index in tables.indices where oids.contains(tables[index].oid) { tables[index].loaded = nil }
    }

    /// What the checkpoint is to say: this, with the loads and the tables that others have noted there meanwhile.
    func merged(into known: [Checkpoint.Table]) -> [Checkpoint.Table] {
        let names = Set(tables.map(\.name))
        let others = known.filter { !names.contains($0.name) && !isKnown(oid: $0.oid) }
        return tables.map { table in
            var table = table
            let noted = known.first { $0.oid == table.oid && $0.name == table.name }
            // A load belongs to a stay in the publication.
            if table.loaded == nil, noted?.membership == table.membership { table.loaded = noted?.loaded }
            return table
        } + others
    }

    private static func entry(_ table: PublishedTable, _ name: String) -> Checkpoint.Table {
        var entry = Checkpoint.Table(name: name, oid: table.oid, schema: table.schema, table: table.name)
        entry.membership = table.membership
        return entry
    }
}

/// Notices which tables come into a publication and which leave it.
struct PublicationWatch {
    private var known: [UInt32: PublishedTable]

    /// What is new since the last look.
    struct Difference: Equatable {
        var arrived: [PublishedTable] = []
        /// Tables that nothing in the publication has taken the place of.
        var left: [PublishedTable] = []
    }

    /// Begins with the tables that are published already.
    init(_ tables: [PublishedTable]) {
        known = Self.byOID(tables)
    }

    /// Takes in what the publication carries now.
    mutating func note(_ tables: [PublishedTable]) -> Difference {
        let present = Self.byOID(tables)
        let names = Set(tables.map(\.qualifiedName))
        let difference = Difference(
            arrived: tables.filter { known[$0.oid] == nil },
            // A table that was dropped and made again is there under its name.
            left: known.values.filter { table in
                if let now = present[table.oid] { return now.membership != table.membership }
                return !names.contains(table.qualifiedName)
            }.sorted { $0.qualifiedName < $1.qualifiedName }
        )
        known = present
        return difference
    }

    private static func byOID(_ tables: [PublishedTable]) -> [UInt32: PublishedTable] {
        Dictionary(tables.map { ($0.oid, $0) }) { first, _ in first }
    }
}

extension PublishedTable {
    /// Schema and table, quoted for use in a command.
    var qualifiedName: String {
        let quoting = IdentifierQuoting()
        return "\(quoting.quote(schema)).\(quoting.quote(name))"
    }
}

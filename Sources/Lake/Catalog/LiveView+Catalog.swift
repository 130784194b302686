extension LiveView {
    /// The view without columns that a catalog cannot have.
    ///
    /// - Parameter omitted: The columns, by their names in the lake.
    /// - Returns: The view.
    /// - Throws: ``Unsupported`` if rows are told apart by one of them.
    public func omitting(_ omitted: [String]) throws(Unsupported) -> LiveView {
        let missing = columns.filter { column in omitted.contains { $0.isSameName(as: column.name) } }
        guard let first = missing.first else { return self }
        let isWhole = table.key.isEmpty && !outlivesRewriting
        if let column = missing.first(where: { column in table.key.contains { $0.isSameName(as: column.name) } }) {
            throw Unsupported(description: "its key's column \(column.name) is not in the catalog")
        }
        guard !isWhole, table.partition?.column.isSameName(as: first.name) != true else {
            throw Unsupported(
                description: "its column \(first.name), by which rows are told apart, is not in the catalog"
            )
        }
        return LiveView(
            of: table,
            columns: columns.filter { column in !missing.contains { $0.name.isSameName(as: column.name) } },
            name: name,
            position: position,
            export: export,
            firstDay: firstDay,
            keepsDeleted: keepsDeleted
        )
    }
}

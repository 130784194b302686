extension LiveView {
    /// The view without columns that a catalog cannot have.
    ///
    /// - Parameter omitted: The columns, by their names in the lake.
    /// - Returns: The view.
    /// - Throws: ``Unsupported`` if rows are told apart by one of them.
    public func omitting(_ omitted: [String]) throws(Unsupported) -> LiveView {
        let missing = columns.filter { column in omitted.contains { $0.isSameName(as: column.name) } }
        guard !missing.isEmpty else { return self }
        if let column = missing.first(where: { isNeeded($0.name) }) {
            throw Unsupported(
                description: "its column \(column.name), by which rows are told apart, is not in the catalog"
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

    /// The same view, which looks at all changes for those that are pending.
    public var withoutFirstDay: LiveView {
        LiveView(
            of: table,
            columns: columns,
            name: name,
            position: position,
            export: export,
            firstDay: nil,
            keepsDeleted: keepsDeleted
        )
    }

    /// Whether a row could not be told from others without a column.
    private func isNeeded(_ column: String) -> Bool {
        guard table.key.isEmpty else { return table.key.contains { $0.isSameName(as: column) } }
        return !outlivesRewriting || table.partition?.column.isSameName(as: column) ?? false
    }
}

import Lake

extension TablePlanner {
    /// Takes off a table what the server does not send of its changes, as a row whose generated columns are not those of
    /// its others would be wrong in both.
    ///
    /// - Parameter table: A table that a stream carries, complete.
    /// - Returns: The columns that are left out and would have been exported.
    /// - Throws: ``ReplicationError`` if its rows could not follow the changes.
    func leaveOutUnsent(of table: inout SourceTable) throws(ReplicationError) -> [String] {
        let options = request.options(of: table)
        let identity = table.identity
        try options.requireRows(of: table.displayName, toFollow: identity)
        if let column = identity.unsentKeyColumn { throw .unsentKey(column, of: table.displayName) }
        let partition = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        let unsent = table.columns.filter { identity.unsent.contains($0.name) }
        let hasDays = unsent.contains { column in
            column.name.isSameName(as: partition)
                && PartitionType.oid(of: column.typeOID, modifier: column.modifier, types) != nil
        }
        guard !hasDays || options.excludedColumns.contains(partition) else {
            throw .unsentPartition(partition, of: table.displayName)
        }
        table.columns.removeAll { identity.unsent.contains($0.name) }
        return unsent.map(\.name).filter { !options.excludedColumns.contains($0) }
    }
}

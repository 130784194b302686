import PostgresWire

extension TableOptions {
    /// Refuses settings under which changes of a table would not find their rows: a column that tells rows apart is left
    /// out, or stored so that different values may become equal.
    ///
    /// - Parameters:
    ///   - key: The columns by which changes name rows.
    ///   - table: The table, for messages.
    /// - Throws: ``ReplicationError`` with code `configuration`.
    func requireKey(_ key: [String], of table: String) throws(ReplicationError) {
        for column in key.sorted() {
            if excludedColumns.contains(column) { throw .excludedKey(column, of: table) }
            if masks[column]?.losesIdentity ?? false { throw .maskedKey(column, of: table) }
            if representations[column] == .double { throw .roundedKey(column, of: table) }
        }
    }

    /// Refuses settings under which the rows of a table could not follow its changes.
    ///
    /// - Parameters:
    ///   - table: The table, for messages.
    ///   - identity: What its changes tell.
    /// - Throws: ``ReplicationError`` with code `configuration`.
    func requireRows(of table: String, toFollow identity: ReplicaIdentity) throws(ReplicationError) {
        try requireKey(identity.key, of: table)
        if deletes == .soft, identity.kind == .full, identity.key.isEmpty { throw .softDeletesWithoutKey(of: table) }
    }
}

extension ReplicationError {
    /// A column of the key that the settings leave out.
    static func excludedKey(_ column: String, of table: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "column \(column) tells the rows of table \(table) apart, so that changes find no row without it; take it off "
                + "exclude_columns, or mask it with sha256 instead"
        )
    }

    /// A column of the key of which different numbers become the same.
    static func roundedKey(_ column: String, of table: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "column \(column) tells the rows of table \(table) apart, but as: double rounds different numbers to the same "
                + "one; use as: decimal(p,s), or remove the setting"
        )
    }

    /// Deleted rows that are to be kept and cannot be told apart.
    static func softDeletesWithoutKey(of table: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "table \(table) has no primary key by which to find the rows that deletes: soft keeps; set deletes: hard for it, "
                + "or give it a primary key"
        )
    }

    /// A column of the key that the server does not send.
    static func unsentKey(_ column: String, of table: String) -> ReplicationError {
        ReplicationError(
            .database,
            "column \(column) tells the rows of table \(table) apart, but is generated, and PostgreSQL does not send such "
                + "columns to a stream: no change would find its row; run ALTER TABLE \(table) REPLICA IDENTITY USING INDEX "
                + "with a unique index over other columns that are NOT NULL, or ALTER TABLE \(table) REPLICA IDENTITY FULL"
        )
    }

    /// A partition column that the server does not send.
    static func unsentPartition(_ column: String, of table: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "the partition column \(column) of table \(table) is generated, and PostgreSQL does not send such columns to a "
                + "stream: no change would find its day; set partition_by to another date or timestamp column, such as the "
                + "one that it is generated from"
        )
    }
}

import PostgresClient
import PostgresWire

/// Refuses settings under which the lake's rows could not follow the tables, before a slot is made or rows are loaded.
///
/// A stream that meets such a table later stops, and one whose rows cannot follow for other reasons is not loaded.
struct SettingsCheck {
    let request: ReplicationRequest

    /// Checks tables as the catalog describes them.
    ///
    /// - Throws: ``ReplicationError`` with code `configuration`.
    func check(_ tables: [PublishedTable], on connection: borrowing PostgresConnection) throws {
        do {
            let identities = try ReplicaIdentity.read(of: tables.map(\.oid), on: connection)
            for table in tables {
                guard let identity = identities[table.oid] else { continue }
                let options = request.options(schema: table.schema, table: table.name)
                try options.requireRows(of: table.displayName, toFollow: identity)
                try checkDays(of: table, options, identity, on: connection)
            }
        } catch let error as PostgresError {
            throw ReplicationError(error, table: nil)
        }
    }

    private func checkDays(
        of table: PublishedTable,
        _ options: TableOptions,
        _ identity: ReplicaIdentity,
        on connection: borrowing PostgresConnection
    ) throws {
        let name = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        guard identity.unsent.contains(name), !options.excludedColumns.contains(name) else { return }
        let column = try connection.query(
            "SELECT atttypid, atttypmod FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attname = $2",
            ["\(table.oid)", name]
        ).rows.first
        guard let oid = column?[0].flatMap(UInt32.init), let modifier = column?[1].flatMap(Int32.init) else { return }
        let types = try CatalogReader.types(on: connection)
        guard PartitionType.oid(of: oid, modifier: modifier, types) != nil else { return }
        throw ReplicationError.unsentPartition(name, of: table.displayName)
    }
}

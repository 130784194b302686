import Lake
import PostgresWire

extension BackfillRequest {
    /// An export of tables whose changes stream: columns and rows as the publication has them, names as in the lake.
    ///
    /// - Parameters:
    ///   - request: The stream.
    ///   - tables: The tables that it knows.
    ///   - mode: Which days.
    ///   - selection: Which tables.
    init(
        streaming request: ReplicationRequest,
        _ tables: [Checkpoint.Table],
        mode: Mode,
        selection: [TablePattern]
    ) {
        self.init(
            database: request.database,
            lake: request.lake,
            mode: mode,
            selection: selection,
            rules: request.rules,
            parquet: request.parquet,
            memoryLimit: max(Self.minimumMemoryLimit, request.memoryLimit / 2),
            spill: request.spill,
            jobs: request.jobs,
            replication: Replication(slot: request.slot, publication: request.publication),
            maskSalt: request.maskSalt,
            athena: request.athena
        )
        streamedTables = tables
        for table in tables { lakeNames[table.oid] = table.name }
        noteFirstNames(of: tables)
    }
}

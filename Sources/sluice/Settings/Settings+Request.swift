import PostgresWire
import Replication

extension Settings {
    /// What a backfill has to know, from these settings and the command line.
    ///
    /// Without tables from the command line those of the file are taken, else all of the schema `public`. The temporary
    /// folder takes rows that do not fit into memory, unless the file names another or the lake is a folder. Throws if
    /// database or lake is missing.
    func backfillRequest(
        mode: BackfillRequest.Mode,
        tables selection: [TablePattern],
        jobs: Int,
        temporaryFolder: String
    ) throws(SettingsError) -> BackfillRequest {
        guard let database, let location else { throw SettingsError(missing) }
        return BackfillRequest(
            database: database,
            lake: lake(at: location),
            mode: mode,
            selection: !selection.isEmpty ? selection : !tables.isEmpty ? tables.map(\.pattern) : [Self.everyTable],
            rules: tables,
            parquet: parquet,
            memoryLimit: memoryLimit,
            spill: spill(for: location, temporaryFolder),
            jobs: jobs,
            replication: BackfillRequest.Replication(slot: slot, publication: publication),
            maskSalt: maskSalt,
            athena: athena,
            monitoring: monitoring
        )
    }

    /// What continuous replication has to know.
    ///
    /// Throws if database or lake is missing.
    func replicationRequest(
        end: ReplicationRequest.End,
        rewritesDays: Bool = true,
        temporaryFolder: String
    ) throws(SettingsError) -> ReplicationRequest {
        guard let database, let location else { throw SettingsError(missing) }
        return ReplicationRequest(
            database: database,
            slot: slot,
            publication: publication,
            isFailoverSlot: isFailoverSlot,
            lake: lake(at: location),
            selection: tables.map(\.pattern),
            rules: tables,
            parquet: parquet,
            flush: flush,
            rewrite: rewrite,
            rewritesDays: rewritesDays,
            memoryLimit: memoryLimit,
            spill: spill(for: location, temporaryFolder),
            end: end,
            maskSalt: maskSalt,
            athena: athena,
            monitoring: monitoring
        )
    }

    /// The lake alone; throws if it is missing.
    func lakeOptions() throws(SettingsError) -> LakeOptions {
        guard let location else { throw SettingsError([Self.missingLake]) }
        return lake(at: location)
    }

    private func lake(at location: LakeOptions.Location) -> LakeOptions {
        var lake = lake
        lake.location = location
        return lake
    }

    private static let everyTable = TablePattern.everyTable(of: TablePattern.defaultSchema)

    private static let missingLake = "no lake: set lake.url, \(SettingsSources.lakeVariable) or --lake"

    private var missing: [String] {
        var missing: [String] = []
        if database == nil {
            missing.append("no database: set database.url, \(SettingsSources.databaseVariable) or --database")
        }
        if location == nil {
            missing.append(Self.missingLake)
        }
        return missing
    }

    private func spill(
        for location: LakeOptions.Location,
        _ temporaryFolder: String
    ) -> SpillLocation {
        if let spillDirectory { return .folder(path: spillDirectory) }
        if case .folder = location { return .insideLake }
        return .folder(path: temporaryFolder)
    }
}

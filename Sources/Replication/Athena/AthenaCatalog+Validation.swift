import AWS
import Lake
import ObjectStorage
public import PostgresWire

extension AthenaCatalog {
    /// Has Athena count the rows of each table, and compares them with those of the lake's files.
    ///
    /// - Parameter tables: The tables by their names in the database; empty for all that the lake has.
    /// - Returns: The counts, of the rows and of the changes of each table.
    /// - Throws: ``ReplicationError`` if Athena or the lake cannot be reached or refuses altogether.
    public func validate(tables: [TablePattern]) async throws -> [CatalogCount] {
        let options = try required()
        let store = try openStore()
        let control = RunControl()
        let request = request
        return try await withTaskCancellationHandler {
            try await onOwnThread("sluice-athena") {
                do {
                    let reading = try CatalogReading(store, slot: request.slot, cancelledBy: control)
                    let entries = try CatalogEntries(reading, request).list(tables) { _ in false }
                    let athena = try AthenaClient(try request.lake.services(), AthenaClient.Settings(options))
                    let validation = CatalogValidation(store, athena, control)
                    let names = entries.flatMap { entry in
                        entry.hasChanges ? [entry.name, ChangeFileName.folder(of: entry.name)] : [entry.name]
                    }
                    return try Self.counts(names, validation)
                } catch let error as AWSError {
                    throw ReplicationError(error)
                }
            }
        } onCancel: {
            control.cancel()
        }
    }

    /// Counts table by table; where Athena takes too long once, another table may be counted sooner, twice is enough.
    private static func counts(_ names: [String], _ validation: CatalogValidation) throws -> [CatalogCount] {
        var late = 0
        return try names.map { name in
            guard late < latenessLimit else {
                return failed(name, "not counted, as Athena did not answer in time for the tables before")
            }
            do {
                return try validation.count(name)
            } catch let error as AWSError where !error.isAboutAll || error.code == .late {
                if error.code == .late { late += 1 }
                return failed(name, error.description)
            }
        }
    }

    private static func failed(_ name: String, _ reason: String) -> CatalogCount {
        CatalogCount(table: name, lakeRows: nil, athenaRows: nil, scannedByteCount: 0, verdict: .failed(reason))
    }

    private static let latenessLimit = 2
}

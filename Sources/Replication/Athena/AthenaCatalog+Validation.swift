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
                    return try names.map { try Self.count($0, validation) }
                } catch let error as AWSError {
                    throw ReplicationError(error)
                }
            }
        } onCancel: {
            control.cancel()
        }
    }

    private static func count(_ name: String, _ validation: CatalogValidation) throws -> CatalogCount {
        do {
            return try validation.count(name)
        } catch let error as AWSError where !error.isAboutAll || error.code == .late {
            // Another table may be counted sooner.
            return CatalogCount(
                table: name,
                lakeRows: 0,
                athenaRows: nil,
                scannedByteCount: 0,
                verdict: .failed(error.description)
            )
        }
    }
}

import Lake
import ObjectStorage
public import PostgresWire
import Telemetry

extension AthenaCatalog {
    /// All that ``update(_:tables:)`` would make, as SQL: nothing but the lake is read, and nothing is changed.
    ///
    /// - Parameter tables: The tables by their names in the database; empty for all that the lake has.
    /// - Returns: SQL with a newline at its end: database and tables in that of Hive, then the views in that of Trino.
    /// - Throws: ``ReplicationError`` if the lake has no tables, or no such table, or cannot be read.
    public func script(tables: [TablePattern]) async throws -> String {
        let store = try openStore()
        let (request, logger) = (request, logger)
        let control = RunControl()
        let (definitions, hasStream) = try await withTaskCancellationHandler {
            try await onOwnThread("sluice-athena") {
                let reading = try CatalogReading(store, slot: request.slot, cancelledBy: control)
                let entries = try CatalogEntries(reading, request).list(tables) { name in
                    guard let source = reading.source(of: name) else { return false }
                    let options = request.rules.options(schema: source.schema, table: source.table, first: source.first)
                    return options.deletes == .soft
                }
                return (entries.map { Self.definitions($0, CatalogEntry.Settings(request)) }, reading.checkpoint != nil)
            }
        } onCancel: {
            control.cancel()
        }
        var parts: [String] = []
        if let database = request.athena?.database {
            parts.append(
                "-- Run this first, and the rest in this database.\n"
                    + "\(CatalogTable.createStatement(ofDatabase: database));\n"
            )
        }
        parts += definitions
        if hasStream { parts.append(try await LiveViews(request, logger: logger).script(tables: tables)) }
        return parts.joined(separator: "\n")
    }

    private static func definitions(_ entry: CatalogEntry, _ settings: CatalogEntry.Settings) -> String {
        let tables = entry.tables(settings)
        var parts = tables.warnings.map { "-- Note: table \(entry.name) \(Escaping.printable($0)).\n" }
        for (table, days) in [(tables.rows, entry.days), (tables.changes, entry.changeDays)] {
            guard let table else { continue }
            let what = table.name == entry.name ? "the current rows" : "the changes"
            parts.append("-- Table \(table.name): \(what) of \(Escaping.printable(entry.description.table)).\n")
            for statement in [table.createStatement] + table.partitionStatements(days) {
                parts.append(statement + ";\n")
            }
        }
        return parts.joined()
    }
}

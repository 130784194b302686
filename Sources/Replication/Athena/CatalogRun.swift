import AWS
import Lake
import Logging
import ObjectStorage
import PostgresClient
import PostgresWire

/// Brings tables and views of the catalog up to what the lake has.
///
/// Blocks the calling thread.
struct CatalogRun {
    let request: ReplicationRequest
    var update: CatalogUpdate
    let reading: CatalogReading
    let logger: Logger
    let control: RunControl

    /// What the database says about a table; nil if it cannot be asked.
    var comments: (CatalogEntry) -> CatalogEntry.Comments? = { _ in nil }

    /// Makes the database.
    func database() throws -> CatalogChange {
        let update = update
        return try waitForResult(cancelledBy: control) { try await update.database() }
    }

    /// Brings the tables of one table of the lake up to date, and its view.
    ///
    /// - Parameter entry: What the lake has of it.
    /// - Returns: What was done.
    /// - Throws: ``AWSError``, ``ReplicationError``.
    func tables(_ entry: CatalogEntry) throws -> [CatalogChange] {
        let tables = wanted(entry)
        for warning in tables.warnings { logger.warning("table \(entry.name) \(warning)") }
        var changes: [CatalogChange] = []
        for (table, days) in [(tables.rows, entry.days), (tables.changes, entry.changeDays)] {
            guard let table else { continue }
            let update = update
            changes.append(try waitForResult(cancelledBy: control) { try await update.table(table) })
            guard table.partitioning == .registered, !table.partitionKeys.isEmpty else { continue }
            changes.append(try waitForResult(cancelledBy: control) { try await update.partitions(of: table, days) })
        }
        return changes
    }

    /// The tables that the catalog has to have of a table of the lake.
    func wanted(_ entry: CatalogEntry) -> CatalogEntry.Tables {
        entry.tables(CatalogEntry.Settings(request), comments: comments(entry) ?? CatalogEntry.Comments())
    }

    /// Brings the live view of a table up to date, without columns that the catalog cannot have; nil if it has none.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - tables: Its tables in the catalog.
    /// - Returns: What was done.
    /// - Throws: ``AWSError``, ``ReplicationError``.
    func view(_ table: Checkpoint.Table, over tables: CatalogEntry.Tables) throws -> CatalogChange? {
        guard let options = request.athena, options.liveViews, let checkpoint = reading.checkpoint,
            table.loaded != nil
        else { return nil }
        let rules = request.rules.options(schema: table.schema, table: table.table, first: table.first)
        let finding = try reading.liveView(of: table, checkpoint, keepsDeleted: rules.deletes == .soft)
        switch finding {
        case .nothing: return nil
        case .obstacle(let reason): return CatalogChange(.view, table.name + "_live", .left(reason))
        case .view(let view):
            guard !checkpoint.tables.contains(where: { $0.name == view.viewName }) else {
                return CatalogChange(.view, view.viewName, .left("a table of the lake has this name"))
            }
            let (update, whole): (CatalogUpdate, LiveView)
            do throws(LiveView.Unsupported) {
                (update, whole) = (self.update, try view.omitting(tables.omitted))
            } catch {
                return CatalogChange(.view, view.viewName, .left(error.description))
            }
            let source = checkpoint.source
            let origin = "\(source.system) \(source.slotCreated.map { "\($0)" } ?? "")"
            return try waitForResult(cancelledBy: control) {
                try await update.view(whole, over: tables, origin: origin)
            }
        }
    }

    /// Whether rows of a table that are deleted stay.
    func keepsDeleted(_ name: String) -> Bool {
        guard let source = reading.source(of: name) else { return false }
        return request.rules.options(schema: source.schema, table: source.table, first: source.first).deletes == .soft
    }
}

import Lake
import Logging
import PostgresWire
import Telemetry

/// Exports days again whose objects are damaged, or for which the lake lacks a row that a change builds on.
///
/// It lacks one where an export has replaced the day that had the row, after the row had moved to another: the stream
/// does not repeat values that an UPDATE has left alone.
struct DayRepair {
    let request: ReplicationRequest
    let checkpoint: Checkpoint
    let table: Checkpoint.Table
    let logger: Logger
    let control: RunControl
    /// Told of days that are in the lake.
    let isDone: ([String]) throws -> Void

    /// Exports days, by their names in ``RewriteState/repairs``.
    ///
    /// - Throws: ``ReplicationError`` if the database cannot be reached or refuses.
    func export(_ days: [String]) throws {
        logger.warning(
            "exports days of table \(table.name) again: the lake lacks rows of theirs that changes build on",
            metadata: ["days": "\(days.joined(separator: ", "))"]
        )
        guard !days.contains(RewriteState.wholeTable) else {
            try run(.full)
            return try isDone(days)
        }
        for name in days {
            guard let day = CalendarDate(name) else { continue }
            try run(.incremental(.days(from: day, through: day)))
            try isDone([name])
        }
    }

    private func run(_ mode: BackfillRequest.Mode) throws {
        let pattern = TablePattern(schema: table.schema, table: table.table)
        var exports = BackfillRequest(streaming: request, checkpoint.tables, mode: mode, selection: [pattern])
        exports.purpose = .repair(by: "rewrite")
        let backfill = exports
        let progress = ProgressReporter(label: "exporting", logger: logger)
        let (logger, control) = (logger, control)
        let name = table.name
        try waitForResult(cancelledBy: control) {
            let report = try await Backfill(backfill, logger: logger, progress: progress).run()
            guard report.failedTables.isEmpty else {
                throw ReplicationError(
                    .tables,
                    "days of table \(name) could not be exported again; the lines above say why. Until they are, rows of "
                        + "theirs are missing: sluice rewrite tries again"
                )
            }
        }
    }
}

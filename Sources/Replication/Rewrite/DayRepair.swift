import Lake
import Logging
import PostgresWire
import Telemetry

/// Exports days again for which the lake lacks a row that a change builds on.
///
/// That happens where an export has replaced the day that had the row, after the row had moved to another: the stream
/// does not repeat values that an UPDATE has left alone.
struct DayRepair {
    let request: ReplicationRequest
    let checkpoint: Checkpoint
    let table: Checkpoint.Table
    let logger: Logger
    let control: RunControl

    /// Exports days, by their names in ``RewriteState/repairs``.
    ///
    /// - Throws: ``ReplicationError`` if the database cannot be reached or refuses.
    func export(_ days: [String]) throws {
        logger.warning(
            "exports days of table \(table.name) again: the old version of rows that moved there is not in the lake",
            metadata: ["days": "\(days.joined(separator: ", "))"]
        )
        guard !days.contains(RewriteState.wholeTable) else { return try run(.full) }
        for day in days.compactMap({ CalendarDate($0) }) {
            try run(.incremental(.days(from: day, through: day)))
        }
    }

    private func run(_ mode: BackfillRequest.Mode) throws {
        let pattern = TablePattern(schema: table.schema, table: table.table)
        let backfill = BackfillRequest(streaming: request, checkpoint.tables, mode: mode, selection: [pattern])
        let progress = ProgressReporter(label: "exporting", logger: logger)
        let (logger, control) = (logger, control)
        try waitForResult(cancelledBy: control) {
            _ = try await Backfill(backfill, logger: logger, progress: progress).run()
        }
    }
}

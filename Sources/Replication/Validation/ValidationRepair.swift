import Lake
import Logging
import PostgresWire
import Telemetry

/// Exports days again that differ, beside the stream if there is one.
///
/// Blocks the calling thread.
struct ValidationRepair {
    let request: ValidationRequest
    let streams: LakeStreams
    let logger: Logger
    let control: RunControl

    /// Exports days of a table; all of a table without days.
    ///
    /// - Throws: ``ReplicationError`` if they could not be.
    func export(_ days: Set<CalendarDate?>, of table: ValidatedTable) throws {
        let names = days.map { RewriteState.name(of: $0) }.sorted().joined(separator: ", ")
        logger.warning(
            "exports days of table \(table.displayName) again, as they differ",
            metadata: ["days": "\(names)"]
        )
        guard table.hasDays, !days.contains(nil) else { return try run(.full, table) }
        // Days in between that do not differ stay as they are.
        for range in DayRanges.covering(days.compactMap(\.self), count: days.count) {
            try run(.incremental(.days(from: range.lowerBound, through: range.upperBound)), table)
        }
    }

    private func run(_ mode: BackfillRequest.Mode, _ table: ValidatedTable) throws {
        let pattern = TablePattern(schema: table.source.schema, table: table.source.name)
        var backfill = BackfillRequest(
            streaming: request.replication,
            table.stream?.tables ?? [],
            mode: mode,
            selection: [pattern]
        )
        if table.stream == nil { backfill.streamedTables = nil }
        backfill.purpose = .repair(by: "validate")
        let progress = ProgressReporter(label: "exporting", logger: logger)
        let (wanted, logger) = (backfill, logger)
        try waitForResult(cancelledBy: control) {
            let report = try await Backfill(wanted, logger: logger, progress: progress).run()
            guard report.failedTables.isEmpty else {
                throw ReplicationError(
                    .tables,
                    "days of table \(table.displayName) could not be exported again; the lines above say why"
                )
            }
        }
    }
}

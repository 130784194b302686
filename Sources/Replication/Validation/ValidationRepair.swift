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

    /// What came of the days of a table.
    struct Outcome {
        /// Those that were exported.
        var exported: Set<CalendarDate?> = []
        /// Why others were not.
        var reasons: [String] = []
    }

    /// Exports days of a table; all of a table without days.
    ///
    /// - Returns: What was exported: days that cannot be keep no others from it.
    /// - Throws: ``ReplicationError`` if the run was cancelled.
    func export(_ days: Set<CalendarDate?>, of table: ValidatedTable) throws -> Outcome {
        let names = days.map { RewriteState.name(of: $0) }.sorted().joined(separator: ", ")
        logger.warning(
            "exports days of table \(table.displayName) again, as they differ",
            metadata: ["days": "\(names)"]
        )
        var outcome = Outcome()
        guard table.hasDays, !days.contains(nil) else {
            if let error = try failure(of: .full, table) {
                outcome.reasons.append("\(error)")
            } else {
                outcome.exported = days
            }
            return outcome
        }
        // Days in between that do not differ stay as they are.
        for range in DayRanges.covering(days.compactMap(\.self), count: days.count) {
            let period = BackfillRequest.Period.days(from: range.lowerBound, through: range.upperBound)
            guard let error = try failure(of: .incremental(period), table) else {
                outcome.exported.formUnion(days.filter { $0.map { range.contains($0) } ?? false })
                continue
            }
            if !outcome.reasons.contains("\(error)") { outcome.reasons.append("\(error)") }
            // Each would wait for the server anew.
            if error.isConnectFailure { break }
        }
        return outcome
    }

    /// Exports, and says why that could not be done, if so.
    private func failure(of mode: BackfillRequest.Mode, _ table: ValidatedTable) throws -> ReplicationError? {
        do {
            try run(mode, table)
            return nil
        } catch {
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            return ReplicationError(describing: error, table: table.displayName)
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
        backfill.purpose = .correction
        if table.stream == nil { backfill.streamedTables = nil }
        let progress = ProgressReporter(label: "exporting", logger: logger)
        let (wanted, logger) = (backfill, logger)
        try waitForResult(cancelledBy: control) {
            let report = try await Backfill(wanted, logger: logger, progress: progress).run()
            guard let failed = report.failedTables.first else { return }
            throw ReplicationError(.tables, report.reasons[failed] ?? "the lines above say why")
        }
    }
}

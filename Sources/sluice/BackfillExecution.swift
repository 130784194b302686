import Logging
import Replication
import Telemetry

/// Carries out a backfill and returns what it did.
///
/// Throws if nothing could be done or if tables failed; what was finished stays. Ends soon after its task is cancelled.
func runBackfill(
    _ request: BackfillRequest,
    logger: Logger,
    progress: ProgressReporter,
    instruments: Instruments
) async throws -> SummaryTable {
    let report = try await Backfill(request, logger: logger, progress: progress, instruments: instruments).run()
    guard report.failedTables.isEmpty else {
        if let failure = report.recordFailure { logger.error("\(failure)") }
        print(report.summary, terminator: "")
        let names = report.failedTables.joined(separator: ", ")
        throw WorkFailure("\(report.failedTables.count) of the tables failed: \(names); the lines above say what to do")
    }
    if let failure = report.recordFailure {
        print(report.summary, terminator: "")
        throw failure
    }
    return report.summary
}

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
        print(report.summary, terminator: "")
        let names = report.failedTables.joined(separator: ", ")
        throw WorkFailure("\(report.failedTables.count) of the tables failed: \(names); the lines above say what to do")
    }
    return report.summary
}

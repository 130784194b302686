import Logging
import Replication
import Telemetry

/// Carries out a backfill and returns what it did.
///
/// Throws if nothing could be done or if tables failed; what was finished stays. Ends soon after its task is cancelled.
func runBackfill(
    _ request: BackfillRequest,
    logger: Logger,
    progress: ProgressReporter
) async throws -> SummaryTable {
    throw WorkFailure("this build has no backfill engine")
}

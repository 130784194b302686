import Lake
import Logging
import ObjectStorage
import Telemetry

/// Tells the instruments now and then what the current rows have not taken up, when somebody reads them.
///
/// Apart from whatever rewrites days: that may be another process, or one that hangs.
struct PendingWatch {
    /// A look lists the newest files of each table: often enough to see that something stands still.
    private static let allowedInterval = Duration.seconds(60) ... .seconds(300)
    private static let firstLook = Duration.seconds(5)

    private let request: ReplicationRequest
    private let store: any ObjectStore
    private let logger: Logger

    init(_ request: ReplicationRequest, store: any ObjectStore, logger: Logger) {
        self.request = request
        self.store = store
        self.logger = logger
    }

    /// Looks until the task is cancelled.
    @concurrent
    func run() async {
        guard request.monitoring != MonitoringOptions() else { return }
        let bounds = Self.allowedInterval
        let interval = min(max(request.rewrite.interval, bounds.lowerBound), bounds.upperBound)
        var pause = Self.firstLook
        while (try? await Task.sleep(for: pause)) != nil {
            pause = interval
            do {
                try await look()
            } catch {
                // What is wrong with the lake is said by those who write to it.
                logger.debug("cannot look at what is pending: \(error)")
            }
        }
    }

    private func look() async throws {
        let checkpoint = try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await CheckpointStore(store: store, slot: request.slot, owner: "").load()
        }
        guard let checkpoint else { return }
        let readings = try await RewriteReading.read(checkpoint, slot: request.slot, in: store)
        request.instruments.sawPending(readings.mapValues(\.figures))
    }
}

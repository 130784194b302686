public import Logging
import ObjectStorage
import Telemetry

/// Continuous replication: from the slot to files of changes, exactly once.
///
/// What is durable is known to the slot and to the lake's checkpoint alone, so that the process can end at any
/// instruction and begin again on any machine.
public struct StreamService: Sendable {
    private let request: ReplicationRequest
    private let logger: Logger

    /// Prepares the service.
    public init(_ request: ReplicationRequest, logger: Logger) {
        self.request = request
        self.logger = logger
    }

    /// Replicates until the end that was asked for, or until the task is cancelled: then what has arrived is brought
    /// into the lake and confirmed before it returns.
    ///
    /// - Returns: Whether everything that was received is in the lake; not if a long transaction was not waited for, which
    ///   comes again.
    /// - Throws: ``ReplicationError`` if it cannot go on without somebody's help.
    public func run() async throws -> Bool {
        request.instruments.starts()
        let store = try request.lake.open()
        let recorder = RunRecorder(command: "replicate", mode: request.modeText, logger: logger)
        let tally = StreamTally()
        return try await recorder.record(in: store, tally.outcome) {
            try await check(store)
            return try await stream(store, tally)
        }
    }

    private func stream(_ store: any ObjectStore, _ tally: StreamTally) async throws -> Bool {
        let health = request.instruments.health
        health.setPatience(Self.patience(of: request.flush))
        async let _: Void = PendingWatch(request, store: store, logger: logger).run()
        let spill = try SpillFolder(in: request.spill.parent(lake: request.lake))
        defer { spill.remove() }
        let control = RunControl()
        return try await withTaskCancellationHandler {
            try await onOwnThread("sluice-stream") {
                try StreamThread(
                    request: request,
                    logger: logger,
                    onceLogger: logger.tellingOnce,
                    store: store,
                    spill: spill,
                    control: control,
                    tally: tally
                ).run()
            }
        } onCancel: {
            health.ends()
            control.cancel()
        }
    }

    /// How long what has arrived may wait for a checkpoint before something is wrong: a flush that has to wait for the end
    /// of a long transaction and is tried again once is not.
    private static func patience(of flush: FlushOptions) -> Duration { max(.seconds(60), flush.maximumInterval * 3) }

    private func check(_ store: any ObjectStore) async throws {
        do {
            _ = try await store.sweepLeftovers()
            try await store.probe(prefix: "_sluice/")
        } catch {
            throw ReplicationError(error)
        }
    }
}

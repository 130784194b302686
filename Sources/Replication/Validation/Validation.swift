import Foundation
import Lake
public import Logging
import ObjectStorage
public import Telemetry

/// Shows whether the lake has what the database has, and puts right what differs.
public struct Validation: Sendable {
    private let request: ValidationRequest
    private let logger: Logger
    private let progress: ProgressReporter

    /// Prepares a run.
    public init(_ request: ValidationRequest, logger: Logger, progress: ProgressReporter) {
        self.request = request
        self.logger = logger
        self.progress = progress
    }

    /// Looks at database and lake, and writes nothing but days that are to be repaired and the record of the run.
    ///
    /// - Returns: What was found.
    /// - Throws: ``ReplicationError`` if database or lake cannot be asked, or the run was cancelled.
    public func run() async throws -> ValidationReport {
        guard let store = try request.replication.lake.openIfPresent() else {
            throw ReplicationError(
                .lake,
                "the lake \(request.replication.lake.displayName) does not exist; check lake.url, or run sluice replicate or "
                    + "sluice backfill, which make it"
            )
        }
        let recorder = RunRecorder(command: "validate", mode: request.mode, logger: logger)
        return try await recorder.record(in: store, \.runOutcome) { try await validate(store) }
    }

    /// What is kept beside the checkpoint of the settings' slot although there is none; nothing of a stream that has just
    /// begun.
    private func remains(in store: any ObjectStore) async throws(ReplicationError) -> [String] {
        let checkpoints = CheckpointStore(store: store, slot: request.replication.slot, owner: "")
        return try await withCheckpoint { () throws(CheckpointStore.Failure) in
            let keys = try await checkpoints.attachments()
            guard !keys.isEmpty, try await checkpoints.load() == nil else { return [] }
            return keys
        }
    }

    private func validate(_ store: any ObjectStore) async throws -> ValidationReport {
        let (request, logger, progress) = (request, logger, progress)
        let streams = try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await LakeStreams.load(from: store)
        }
        let hasStream = streams.streams.contains { $0.slot == request.replication.slot }
        var status = hasStream ? try await ReplicationStatus.read(request.replication, logger: logger) : nil
        if let first = status, !first.breaks.isEmpty {
            // A stream that begins between the looks at the server and at the lake seems to be ahead of the server.
            status = try await ReplicationStatus.read(request.replication, logger: logger)
        }
        let known = status
        let remains = hasStream ? [] : try await remains(in: store)
        let spill = try SpillFolder(in: request.replication.spill.parent(lake: request.replication.lake))
        defer { spill.remove() }
        let control = RunControl()
        return try await withTaskCancellationHandler {
            try await onOwnThread("sluice-validate") {
                defer { control.forgetInterrupts() }
                return try ValidationRun(
                    request: request,
                    place: ValidationRun.Place(
                        store: store,
                        streams: streams,
                        spill: spill,
                        status: known,
                        remains: remains
                    ),
                    logger: logger,
                    progress: progress,
                    control: control
                ).run()
            }
        } onCancel: {
            control.cancel()
        }
    }
}

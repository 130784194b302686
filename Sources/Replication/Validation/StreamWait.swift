import Foundation
import Lake
import Logging
import ObjectStorage
import PostgresClient
import PostgresWire

/// Waits until the stream has brought everything up to a position into the lake.
///
/// Blocks the calling thread.
struct StreamWait {
    /// How often the checkpoint is looked at, and the server asked who reads the slot, in seconds.
    private static let (pause, slotPause) = (0.5, 2.0)
    /// For how long nobody may read the slot: a process that was restarted takes it over again.
    private static let absence = Duration.seconds(5)
    private static let reportInterval = Duration.seconds(10)
    /// The log that is looked through for changes where nobody reads the slot, some seconds' work: decoding begins where
    /// the oldest transaction of all databases began that was open when the slot was last read.
    private static let peekedByteCount = 1 << 31

    let request: ReplicationRequest
    let store: any ObjectStore
    let session: DatabaseSession
    let logger: Logger

    /// Reads the checkpoint of the slot.
    ///
    /// - Returns: The checkpoint; nil if there is none.
    /// - Throws: ``ReplicationError``.
    func checkpoint() throws -> Checkpoint? {
        let (store, slot) = (store, request.slot)
        return try waitForResult {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await CheckpointStore(store: store, slot: slot, owner: "").load()
            }
        }
    }

    /// Waits for a position.
    ///
    /// - Parameters:
    ///   - position: Everything that was committed before it is to be in the lake.
    ///   - patience: How long it may take.
    /// - Returns: The checkpoint that says so.
    /// - Throws: ``ReplicationError`` with the remedy if it does not come.
    func wait(for position: LSN, patience: Duration) throws -> Checkpoint {
        let start = ContinuousClock.now
        var (nextReport, nextLook, absent) = (start + Self.reportInterval, start, ContinuousClock.Instant?.none)
        while true {
            let now = ContinuousClock.now
            // Before the checkpoint, which the slot then is behind of.
            let reading = now >= nextLook ? try slot() : nil
            guard let checkpoint = try checkpoint() else {
                throw ReplicationError(.slot, "the lake has no checkpoint of slot \(request.slot) any more")
            }
            if checkpoint.position >= position { return checkpoint }
            guard !session.control.isCancelled else { throw ReplicationError.cancelled }
            if let reading {
                nextLook = now + .seconds(Self.slotPause)
                if let problem = problem(reading, checkpoint) { throw ReplicationError(.slot, problem) }
                if reading.slot?.activePID != nil {
                    absent = nil
                } else if try absent == nil && hasNothing(since: checkpoint, through: position) {
                    return checkpoint
                } else {
                    absent = absent ?? now
                }
            }
            if let absent, now - absent > Self.absence {
                throw ReplicationError(
                    .slot,
                    "nobody reads slot \(request.slot), so that the lake stays at \(checkpoint.position) while the database is "
                        + "at \(position); start sluice replicate, or run it with --until-caught-up, and then the same command "
                        + "again"
                )
            }
            guard now - start < patience else {
                throw ReplicationError(
                    .slot,
                    "the stream has not reached \(position) within \(patience.components.seconds) s (the lake is at "
                        + "\(checkpoint.position)); see sluice status, or wait for longer with --wait"
                )
            }
            if now >= nextReport {
                nextReport = now + Self.reportInterval
                logger.info(
                    "waits until the stream has brought \(position) into the lake",
                    metadata: ["lake": "\(checkpoint.position)"]
                )
            }
            Thread.sleep(forTimeInterval: Self.pause)
        }
    }

    private func slot() throws -> (slot: SlotReading?, server: ServerReading) {
        let connection = try session.connect()
        do {
            return (try SlotReading.read(request.slot, on: connection), try ServerReading.read(on: connection))
        } catch {
            throw ReplicationError(error, table: nil)
        }
    }

    /// Why the stream brings nothing until somebody acts; nil if it may.
    private func problem(
        _ reading: (slot: SlotReading?, server: ServerReading),
        _ checkpoint: Checkpoint
    ) -> String? {
        ReplicationStatus(
            slotName: request.slot,
            publicationName: request.publication,
            lakeName: request.lake.displayName,
            time: Date(),
            server: reading.server,
            slot: reading.slot,
            isPublishing: true,
            checkpoint: checkpoint,
            tables: []
        ).breaks.first
    }

    /// Whether the slot, which nobody reads, has no change of the publication: then the lake has everything.
    private func hasNothing(since checkpoint: Checkpoint, through position: LSN) throws -> Bool {
        let connection = try session.connect()
        guard let slot = try? SlotReading.read(request.slot, on: connection), slot.confirmed == checkpoint.position,
            let restart = slot.restart, position.byteCount(since: restart) < Self.peekedByteCount
        else { return false }
        // Needs the right to replicate; who lacks it has to start the stream.
        let row = try? connection.query(
            """
            SELECT count(*) FROM pg_catalog.pg_logical_slot_peek_binary_changes(
                $1, $2::pg_lsn, 1, 'proto_version', '1', 'publication_names', $3)
            """,
            [request.slot, "\(position)", try connection.quote(identifier: request.publication)]
        ).scalar
        return row == "0"
    }
}

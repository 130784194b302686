import Foundation
import Lake
import Logging
import PostgresClient
import PostgresWire
import Telemetry

/// How a process becomes the one that reads a slot: the slot is free, it belongs to the checkpoint without a gap, and
/// the checkpoint has a new generation.
struct SlotTakeOver {
    /// How often a slot that is in use is looked at.
    private static let lookInterval = 0.25

    let slot: ReplicationSlot
    let checkpoints: CheckpointStore
    let logger: Logger
    let control: RunControl

    /// Waits for the slot, makes it if it is absent, and begins a generation.
    ///
    /// - Returns: The checkpoint; nil if the run was told to stop before.
    /// - Throws: ``ReplicationError`` if changes would be missing, or another process was faster.
    func begin(
        _ catalog: borrowing PostgresConnection,
        _ stream: borrowing PostgresConnection
    ) throws -> Checkpoint? {
        var state = try freeSlot(catalog)
        guard !control.isCancelled else { return nil }
        // Only now, as the server has gone on meanwhile.
        let identity = try Server.identity(of: stream)
        let known = try waitForResult { [checkpoints] in
            try await withCheckpoint { () throws(CheckpointStore.Failure) in try await checkpoints.load() }
        }
        try compare(known, with: state, identity, stream)
        var created = known?.source.slotCreated
        if state == nil {
            let point = try slot.create(on: stream)
            Failpoint.afterSlot.reached()
            created = point
            state = ReplicationSlot.State(activePID: nil, confirmed: point, walStatus: "reserved")
        }
        let source = Checkpoint.Source(
            system: identity.system,
            timeline: identity.timeline,
            database: identity.database,
            slot: slot.name,
            slotCreated: created
        )
        let position = state?.confirmed ?? LSN(rawValue: 0)
        return try waitForResult { [checkpoints] in
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await checkpoints.takeOver(source: source, position: position, time: "\(UTCTime.now)")
            }
        }
    }

    /// Goes on after a lost connection: the checkpoint must still be this process's.
    ///
    /// - Returns: The checkpoint; nil if the run was told to stop before.
    /// - Throws: ``ReplicationError`` if changes would be missing, or another process has taken over.
    func resume(
        _ catalog: borrowing PostgresConnection,
        _ stream: borrowing PostgresConnection
    ) throws -> Checkpoint? {
        let state = try freeSlot(catalog)
        guard !control.isCancelled else { return nil }
        let identity = try Server.identity(of: stream)
        let known = try waitForResult { [checkpoints] in
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await checkpoints.isCurrent() ? await checkpoints.checkpoint : nil
            }
        }
        guard let known else { throw ReplicationError.replaced }
        try compare(known, with: state, identity, stream)
        return known
    }

    /// Waits until nobody reads the slot.
    private func freeSlot(_ catalog: borrowing PostgresConnection) throws -> ReplicationSlot.State? {
        var told: String?
        while true {
            let state = try slot.state(on: catalog)
            guard let pid = state?.activePID, !control.isCancelled else { return state }
            if told != pid {
                logger.warning("slot \(slot.name) is in use by the server process \(pid); waits until it is free")
                told = pid
            }
            Thread.sleep(forTimeInterval: Self.lookInterval)
        }
    }

    /// Makes sure that slot, server and checkpoint belong together and leave no gap.
    private func compare(
        _ checkpoint: Checkpoint?,
        with state: ReplicationSlot.State?,
        _ identity: Server.Identity,
        _ stream: borrowing PostgresConnection
    ) throws {
        guard let checkpoint else { return }
        let remedy = "run sluice drop, then sluice replicate, which loads all tables again"
        guard checkpoint.source.system == identity.system, checkpoint.source.database == identity.database else {
            throw ReplicationError(
                .slot,
                "the lake was filled from another database (\(checkpoint.source.database) of cluster "
                    + "\(checkpoint.source.system), not \(identity.database) of \(identity.system)); set lake.url or "
                    + "database.slot to values of its own for each database"
            )
        }
        guard let state else {
            throw ReplicationError(
                .slot,
                "slot \(slot.name) is gone, but the lake has its changes up to \(checkpoint.position): what came after "
                    + "is missing; \(remedy)"
            )
        }
        guard state.confirmed <= checkpoint.position else {
            throw ReplicationError(
                .slot,
                "slot \(slot.name) is ahead of the lake (\(state.confirmed), the lake has up to "
                    + "\(checkpoint.position)): somebody else has read it, and the changes between are missing; \(remedy)"
            )
        }
        guard checkpoint.position <= identity.position else {
            throw ReplicationError(
                .slot,
                "the lake is ahead of the server (\(checkpoint.position), the server is at \(identity.position)): the server "
                    + "was restored or has failed over to one that lacks what the lake has; \(remedy)"
            )
        }
        try Server.checkTimeline(of: checkpoint, identity, stream, remedy: remedy)
    }
}

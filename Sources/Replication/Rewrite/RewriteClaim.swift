import Lake
import Synchronization
import Telemetry

/// What a process says of the rewriting of a table, and whether it is still the one to say it.
///
/// Blocks the calling thread; used by many threads at once.
final class RewriteClaim: Sendable {
    /// How often it is looked whether another process has begun: not for every day, of which there may be thousands.
    private static let interval = Duration.seconds(2)
    /// How long after a look at the claim a day may be begun that has no object.
    private static let patience = Duration.seconds(120)

    private let states: RewriteStateStore
    private let table: String
    /// When it is to be looked next whether another process has begun to rewrite the table.
    private let nextLook = Mutex(ContinuousClock.now)

    init(_ states: RewriteStateStore, table: String) {
        self.states = states
        self.table = table
    }

    // MARK: - The state

    /// What is known of the table; nothing is claimed.
    func load() throws -> RewriteState {
        let states = states
        return try Self.run { () throws(CheckpointStore.Failure) in try await states.load() }
    }

    /// Claims the table for this process.
    func take() throws -> RewriteState {
        let states = states
        return try Self.run { () throws(CheckpointStore.Failure) in try await states.claim(time: "\(UTCTime.now)") }
    }

    /// Replaces the state where it changes.
    func save(_ next: RewriteState, over state: inout RewriteState) throws {
        guard next != state else { return }
        Failpoint.beforeRewriteState.reached()
        try replace(&state, by: next)
        Failpoint.afterRewriteState.reached()
    }

    /// Replaces the state.
    func replace(_ state: inout RewriteState, by next: RewriteState) throws {
        var next = next
        next.updated = "\(UTCTime.now)"
        let (states, saved) = (states, next)
        try Self.run { () throws(CheckpointStore.Failure) in try await states.save(saved) }
        state = next
    }

    /// Notes that days were exported again.
    func forgetRepairs(_ days: [String]) throws {
        var state = try take()
        var next = state
        next.repairs.removeAll { days.contains($0) }
        try replace(&state, by: next)
    }

    // MARK: - Who rewrites

    /// Another process that has begun to rewrite the table ends this one's work.
    func require() throws {
        let states = states
        let isCurrent = try Self.run { () throws(CheckpointStore.Failure) in try await states.isCurrent() }
        guard isCurrent else {
            throw ReplicationError(
                .replaced,
                "another process has begun to rewrite table \(table); this one leaves it alone until the next time",
                isTransient: true
            )
        }
    }

    /// Another process that has begun to rewrite the table ends this one's work before long: what both write is written
    /// by compare-and-swap, so this one does no harm until it notices.
    func requireNowAndThen() throws {
        let isDue = nextLook.withLock { next in
            guard next <= .now else { return false }
            next = .now + Self.interval
            return true
        }
        if isDue { try require() }
    }

    /// Until when a day may be begun that has no object: nothing else would keep a process that was stopped, and is replaced
    /// meanwhile, from bringing back a day that has gone.
    func latestStart() throws -> ContinuousClock.Instant {
        let end = ContinuousClock.now + Self.patience
        try require()
        return end
    }

    private static func run<Value: Sendable>(
        _ work: @Sendable @escaping () async throws(CheckpointStore.Failure) -> Value
    ) throws -> Value {
        try waitForResult { try await withCheckpoint(work) }
    }
}

import Synchronization

/// Whether a service does what it is for, and if not, why.
///
/// Safe to use from any thread.
public final class ServiceHealth: Sendable {
    /// What is said to whoever asks.
    public struct Report: Sendable, Equatable {
        /// Why the service is not ready; nil if it is.
        public var reason: String?
        /// Whether the service is ready.
        public var isReady: Bool { reason == nil }
    }

    /// Unless told otherwise, this is how long what has arrived may wait for a checkpoint.
    static let defaultPatience = Duration.seconds(180)

    private enum Connection {
        case none
        case standing
        case lost(reason: String)
        case ending
    }

    private struct State {
        var connection = Connection.none
        var hasCheckpoint = false
        /// Since when something that has arrived waits; nil if nothing does.
        var unconfirmedSince: ContinuousClock.Instant?
        /// What keeps it from being confirmed.
        var obstacle: String?
        var patience = ServiceHealth.defaultPatience
    }

    private let state = Mutex(State())

    init() {}

    // MARK: - What happens

    /// Says how long what has arrived may wait for a checkpoint before something is wrong.
    public func setPatience(_ patience: Duration) { state.withLock { $0.patience = patience } }

    /// Notes that there is a checkpoint of this process's own.
    public func tookCheckpointOver() { state.withLock { $0.hasCheckpoint = true } }

    /// Notes that something has arrived, while nothing waited.
    public func received(at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            if state.unconfirmedSince == nil { state.unconfirmedSince = now }
        }
    }

    /// Notes that nothing waits any more.
    public func settled() {
        state.withLock { $0.unconfirmedSince = nil }
    }

    /// Notes what keeps changes out of the lake; nil once nothing does.
    public func obstructed(_ reason: String?) { state.withLock { $0.obstacle = reason } }

    /// Notes that the service is about to end.
    public func ends() { state.withLock { $0.connection = .ending } }

    func connected() {
        state.withLock { state in
            if case .ending = state.connection { return }
            state.connection = .standing
        }
    }

    func connectionLost(_ reason: String) {
        state.withLock { state in
            // What has arrived and is not confirmed comes again.
            state.unconfirmedSince = nil
            if case .ending = state.connection { return }
            state.connection = .lost(reason: reason)
        }
    }

    func checkpointed(at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.hasCheckpoint = true
            if state.unconfirmedSince != nil { state.unconfirmedSince = now }
        }
    }

    // MARK: - Reading

    /// How long something that has arrived has waited for a checkpoint.
    func unconfirmedAge(at now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in state.unconfirmedSince.map { max(.zero, now - $0) } ?? .zero }
    }

    /// What there is to say now.
    public func report(at now: ContinuousClock.Instant = .now) -> Report {
        let state = state.withLock { $0 }
        let reason: String?
        switch state.connection {
        case .none: reason = "changes do not stream yet; the log says what is waited for"
        case .lost(let text): reason = "the connection to the database is lost: \(text)"
        case .ending: reason = "the process is about to end"
        case .standing where !state.hasCheckpoint: reason = "no checkpoint has been written yet"
        case .standing:
            let age = state.unconfirmedSince.map { now - $0 } ?? .zero
            let cause = state.obstacle.map { ": \($0)" } ?? ""
            reason = age > state.patience ? "changes have waited for the lake for \(HumanUnits.span(age))\(cause)" : nil
        }
        return Report(reason: reason.map(Redaction.redacted))
    }
}

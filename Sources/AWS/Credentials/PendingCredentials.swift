import Synchronization

/// The outcome of a fetch that is under way, for any number of callers.
final class PendingCredentials: Sendable {
    private typealias Outcome = Result<Credentials, AWSError>

    private struct State {
        var outcome: Outcome?
        var waiting: [Int: CheckedContinuation<Outcome, Never>] = [:]
        var lastID = 0
    }

    private let state = Mutex(State())

    init() {}

    /// Gives the outcome to all who wait and to all who will.
    func finish(_ outcome: Result<Credentials, AWSError>) {
        let waiting = state.withLock { state in
            state.outcome = outcome
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    /// Waits for the outcome; a task that is cancelled waits no longer and throws `cancelled`.
    func value() async throws(AWSError) -> Credentials {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { begin(id, $0) }
        } onCancel: {
            cancel(id)
        }
        return try outcome.get()
    }

    private func begin(_ id: Int, _ continuation: CheckedContinuation<Outcome, Never>) {
        let outcome = state.withLock { state in
            if state.outcome == nil { state.waiting[id] = continuation }
            return state.outcome
        }
        if let outcome { continuation.resume(returning: outcome) }
        // The cancellation may have come before there was a continuation to resume.
        if Task.isCancelled { cancel(id) }
    }

    private func cancel(_ id: Int) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: id) }
        let error = AWSError(.cancelled, detail: "cancelled while waiting for credentials")
        continuation?.resume(returning: .failure(error))
    }
}

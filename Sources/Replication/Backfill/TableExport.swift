import Lake
import ObjectStorage
import Synchronization

/// One table's export while several workers share it.
final class TableExport: Sendable {
    private struct State {
        var nextPart = 0
        var activeWorkers = 0
        var isFinished = false
        var failure: ReplicationError?
        var fragments: [Int: [RowGroupFile]] = [:]
        var start: ContinuousClock.Instant?
        var end: ContinuousClock.Instant?
        var outcome = Outcome()
    }

    /// What came of it.
    struct Outcome: Sendable {
        var rowCount = 0
        var fileCount = 0
        var byteCount = 0
        var removedFileCount = 0
        var emptiedFileCount = 0
    }

    let plan: TablePlan
    /// The table's number in the run, for file names.
    let number: Int
    private let state = Mutex(State())

    /// A table without parts, such as a partitioned one without partitions, is one step that reads nothing.
    private var stepCount: Int { max(1, plan.parts.count) }

    init(plan: TablePlan, number: Int) {
        self.plan = plan
        self.number = number
    }

    var failure: ReplicationError? { state.withLock { $0.failure } }
    var outcome: Outcome { state.withLock { $0.outcome } }
    var elapsed: Duration {
        state.withLock { state in
            guard let start = state.start else { return .zero }
            return (state.end ?? .now) - start
        }
    }

    /// Enters the calling worker, if there is a part left for it.
    func enter() -> Bool {
        state.withLock { state in
            guard state.failure == nil, state.nextPart < stepCount else { return false }
            if state.start == nil { state.start = .now }
            state.activeWorkers += 1
            return true
        }
    }

    /// The next part to export.
    func takePart() -> TablePlan.Part? {
        state.withLock { state in
            guard state.failure == nil, state.nextPart < stepCount else { return nil }
            defer { state.nextPart += 1 }
            return state.nextPart < plan.parts.count ? plan.parts[state.nextPart] : nil
        }
    }

    /// Leaves the calling worker with what it has made.
    ///
    /// - Returns: All fragments by day if it was the last worker and nothing failed: the caller then publishes them.
    func leave(_ fragments: [Int: RowGroupFile]) -> [Int: [RowGroupFile]]? {
        state.withLock { state in
            for (day, fragment) in fragments { state.fragments[day, default: []].append(fragment) }
            state.activeWorkers -= 1
            guard state.activeWorkers == 0, state.nextPart >= stepCount, state.failure == nil else { return nil }
            defer { state.fragments = [:] }
            return state.fragments
        }
    }

    /// Notes a failure; the first one counts, and none after the table has been published.
    func fail(_ error: ReplicationError) {
        state.withLock { state in
            if state.isFinished { return }
            if state.failure == nil { state.failure = error }
            state.end = .now
        }
    }

    /// Notes success.
    func succeed(_ outcome: Outcome) {
        state.withLock { state in
            state.outcome = outcome
            state.isFinished = true
            state.end = .now
        }
    }

    /// Whether the table has been published.
    var isFinished: Bool { state.withLock { $0.isFinished } }
}

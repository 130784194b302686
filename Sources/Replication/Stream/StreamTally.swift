import Synchronization

/// What a stream has brought into the lake since its start.
final class StreamTally: Sendable {
    private let changes = Atomic(0)

    /// Adds changes that are durable.
    func add(changes count: Int) { changes.wrappingAdd(count, ordering: .relaxed) }

    /// What there is to note of the run.
    func outcome(_: Bool) -> RunRecorder.Outcome {
        var outcome = RunRecorder.Outcome()
        outcome.changes = changes.load(ordering: .relaxed)
        return outcome
    }
}

extension ReplicationRequest {
    /// When it is to end, for the records of runs.
    var modeText: String {
        switch end {
        case .never: "continuous"
        case .whenCaughtUp: "until caught up"
        case .at(let position): "until \(position)"
        }
    }
}

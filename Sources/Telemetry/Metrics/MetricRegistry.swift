import Synchronization

/// The values of this process's metrics.
///
/// Safe to use from any thread. Values change once for each batch, flush, pass, export or look at the server, never for
/// each row. Of its own, in place of swift-metrics: what is needed are sums and present values of a fixed list, read by
/// two readers, and each run of a test has values of its own, for which a factory that is set once for the process
/// leaves no room.
public final class MetricRegistry: Sendable {
    /// Label sets of one metric; those beyond are left out and counted.
    ///
    /// Far more tables than one process replicates, and little memory.
    static let labelSetLimit = 5_000

    private struct State {
        /// By the metric's name, then by the values of its labels.
        var values: [String: [[String]: Double]] = [:]
        var leftOut = 0
    }

    private let state = Mutex(State())

    /// Begins without values.
    init() {}

    /// Adds to a counter.
    func add(_ amount: Double, to metric: Metric, _ labels: [String] = []) {
        change(metric, labels) { $0 += amount }
    }

    /// Sets a gauge.
    func set(_ metric: Metric, to value: Double, _ labels: [String] = []) {
        change(metric, labels) { $0 = value }
    }

    /// Sets a gauge for all its label sets at once, so that those of what is gone go too.
    func replace(_ metric: Metric, with values: [String: Double]) {
        state.withLock { state in
            let kept = values.sorted { $0.key < $1.key }.prefix(Self.labelSetLimit)
            state.leftOut += values.count - kept.count
            state.values[metric.name] = Dictionary(uniqueKeysWithValues: kept.map { ([$0.key], $0.value) })
        }
    }

    /// Forgets a gauge's values.
    func remove(_ metric: Metric) {
        state.withLock { $0.values[metric.name] = nil }
    }

    /// All values, in the order of ``Metric/all`` and of the labels' bytes.
    func read() -> [MetricReading] {
        let state = state.withLock { $0 }
        return Metric.all.compactMap { metric in
            var values = state.values[metric.name, default: [:]]
            if metric.name == Metric.leftOut.name, state.leftOut > 0 { values[[]] = Double(state.leftOut) }
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted { left, right in
                left.key.lexicographicallyPrecedes(right.key) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            return MetricReading(
                metric: metric,
                values: sorted.map { MetricReading.Value(labels: $0.key, value: $0.value) }
            )
        }
    }

    private func change(_ metric: Metric, _ labels: [String], _ body: (inout Double) -> Void) {
        precondition(labels.count == metric.labels.count, "\(metric.name) has other labels")
        state.withLock { state in
            guard
                state.values[metric.name]?[labels] != nil
                    || state.values[metric.name, default: [:]].count < Self.labelSetLimit
            else {
                state.leftOut += 1
                return
            }
            body(&state.values[metric.name, default: [:]][labels, default: 0])
        }
    }
}

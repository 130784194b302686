import AWS
import Foundation
import Logging
import Synchronization
import Telemetry

/// Sends metrics to CloudWatch, again and again.
///
/// Nothing waits for it, and what it cannot send is part of what it sends later, unless CloudWatch refuses it for what it
/// is.
final class MetricPump: Sendable {
    private struct State {
        var deltas: MetricDeltas
        var outage = ServiceOutage(work: "send metrics to CloudWatch", actions: [MetricsClient.action])
    }

    private let client: MetricsClient
    private let namespace: String
    private let interval: Duration
    private let instruments: Instruments
    private let logger: Logger
    private let state: Mutex<State>

    init(
        _ client: MetricsClient,
        _ options: CloudWatchOptions,
        deltas: MetricDeltas,
        instruments: Instruments,
        logger: Logger
    ) {
        self.client = client
        namespace = options.namespace
        interval = options.interval
        self.instruments = instruments
        self.logger = logger
        state = Mutex(State(deltas: deltas))
    }

    /// Sends until the task is cancelled; what is on its way then arrives.
    @concurrent
    func run() async {
        while (try? await Task.sleep(for: interval)) != nil {
            // Nobody knows whether a request was taken that is cut off, and what is sent twice counts twice.
            await Task { await send() }.value
        }
    }

    /// Sends what there is now; not at the same time as ``run()``.
    @concurrent
    func send() async {
        let readings = instruments.readings()
        let pending = state.withLock { $0.deltas.pending(readings, at: .now) }
        var rest = pending[...]
        for form in MetricForm.forms(namespace: namespace, pending.map(\.datum)) {
            do throws(AWSError) {
                try await client.put(form)
                if let text = state.withLock({ $0.outage.end() }) { logger.info("\(text)") }
            } catch {
                guard error.code != .cancelled else { return }
                instruments.cloudWatchFailed("metrics")
                let isLost = error.isOfContent
                let lost = HumanUnits.count(form.count, of: "value")
                let text = state.withLock { isLost ? $0.outage.lose(lost, error) : $0.outage.begin(error) }
                if let text { logger.warning("\(text)") }
                guard isLost else { return }
            }
            state.withLock { $0.deltas.take(rest.prefix(form.count)) }
            rest = rest.dropFirst(form.count)
        }
    }
}

import AWS
import Telemetry

/// Turns the sums of this process into what CloudWatch adds up itself: what has come since the last time.
///
/// A gauge is sent as it is. What could not be sent is in the next difference, so that no count is lost while CloudWatch
/// cannot be reached.
struct MetricDeltas {
    /// What the values of a process without a table are told apart by.
    let slot: String
    /// Whether gauges are sent; of a run that ends by itself the last value would stand for nothing.
    let sendsGauges: Bool
    /// The sums that CloudWatch has, by metric and labels.
    private var sent: [Key: Double] = [:]

    fileprivate struct Key: Hashable {
        var metric: String
        var labels: [String]
    }

    /// A value to send, and the sum that CloudWatch has afterwards.
    struct Pending {
        var datum: MetricDatum
        fileprivate var key: Key?
        fileprivate var sum = 0.0
    }

    init(slot: String, sendsGauges: Bool) {
        self.slot = slot
        self.sendsGauges = sendsGauges
    }

    /// What is to be sent now, without what is infinite or no number.
    func pending(_ readings: [MetricReading], at time: Timestamp) -> [Pending] {
        readings.flatMap { reading -> [Pending] in
            let metric = reading.metric
            guard let name = metric.cloudWatchName, sendsGauges || metric.kind == .counter else { return [] }
            return reading.values.compactMap { value in
                let dimensions = dimensions(of: metric, value)
                var pending = Pending(
                    datum: MetricDatum(
                        name,
                        value.value,
                        unit: metric.unit.rawValue,
                        dimensions: dimensions,
                        time: time.seconds
                    )
                )
                guard value.value.isFinite else { return nil }
                guard metric.kind == .counter else { return pending }
                let key = Key(metric: metric.name, labels: value.labels)
                pending.datum.value -= sent[key, default: 0]
                guard pending.datum.value != 0 else { return nil }
                (pending.key, pending.sum) = (key, value.value)
                return pending
            }
        }
    }

    /// Notes that CloudWatch has taken values.
    mutating func take(_ pending: some Sequence<Pending>) {
        for value in pending {
            if let key = value.key { sent[key] = value.sum }
        }
    }

    private func dimensions(of metric: Metric, _ value: MetricReading.Value) -> [MetricDatum.Dimension] {
        guard !metric.labels.isEmpty else { return [MetricDatum.Dimension("Slot", slot)] }
        return zip(metric.labels, value.labels).map { name, value in
            MetricDatum.Dimension(name.prefix(1).uppercased() + name.dropFirst(), value)
        }
    }
}

/// The values of one metric at one moment.
public struct MetricReading: Sendable {
    /// One value, and what tells it apart from the others.
    public struct Value: Sendable, Equatable {
        /// The values of the metric's labels, in their order.
        public var labels: [String]
        /// The value.
        public var value: Double
    }

    /// What is measured.
    public var metric: Metric
    /// At least one.
    public var values: [Value]
}

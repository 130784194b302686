/// One thing that is measured: its names, what it counts, and what tells its values apart.
public struct Metric: Sendable {
    /// How values of one moment and those of the next belong together.
    public enum Kind: String, Sendable {
        /// A sum since the start of the process.
        case counter
        /// A value of its own at each moment.
        case gauge
    }

    /// What a value counts; the words are those of CloudWatch.
    public enum Unit: String, Sendable {
        /// Things.
        case count = "Count"
        /// Bytes.
        case bytes = "Bytes"
        /// Seconds.
        case seconds = "Seconds"
        /// Nothing that could be counted.
        case none = "None"
    }

    /// The name in Prometheus: lower case, with the unit, and `_total` at the end of a counter.
    public let name: String
    /// The name in CloudWatch; nil if it is not sent there.
    public let cloudWatchName: String?
    /// How values belong together.
    public let kind: Kind
    /// What is counted.
    public let unit: Unit
    /// The names of what tells values apart, in lower case; few values each.
    public let labels: [String]
    /// One line about it.
    public private(set) var help = ""

    static func counter(_ name: String, _ cloudWatchName: String?, _ unit: Unit, by labels: [String] = []) -> Metric {
        Metric(name: name, cloudWatchName: cloudWatchName, kind: .counter, unit: unit, labels: labels)
    }

    static func gauge(_ name: String, _ cloudWatchName: String?, _ unit: Unit, by labels: [String] = []) -> Metric {
        Metric(name: name, cloudWatchName: cloudWatchName, kind: .gauge, unit: unit, labels: labels)
    }

    func help(_ text: String) -> Metric {
        var metric = self
        metric.help = text
        return metric
    }
}

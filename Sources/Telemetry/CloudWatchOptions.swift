public import Logging

/// What goes to CloudWatch, and where.
public struct CloudWatchOptions: Sendable, Hashable {
    /// How often metrics are sent, between these.
    public static let allowedInterval = Duration.seconds(10) ... .seconds(3_600)

    /// The namespace of metrics.
    public var namespace = "Tokyo-IA/ETL"
    /// The group of log lines; it is made if it is not there.
    public var logGroup = "/aws/tokyo-ia/etl/dev"
    /// The region; nil for the lake's, else that of the environment and the shared files of AWS.
    public var region: String?
    /// How often metrics are sent; the metrics are kept by the minute.
    public var interval = Duration.seconds(60)
    /// Lines of this level and above are sent, of those that are logged at all.
    public var logLevel = Logger.Level.info

    /// Makes the default options.
    public init() {}
}

/// Where a process can be watched from; nowhere unless told.
public struct MonitoringOptions: Sendable, Hashable {
    /// Where metrics and health are served; nil for nowhere.
    public var http: ListenAddress?
    /// What goes to CloudWatch; nil for nothing.
    public var cloudWatch: CloudWatchOptions?

    /// Makes the default options.
    public init() {}
}

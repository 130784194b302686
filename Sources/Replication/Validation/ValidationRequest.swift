import Lake
public import PostgresWire

/// Everything that a validation has to know: which database and lake, which tables and days, and how closely to look.
public struct ValidationRequest: Sendable {
    /// 5 min: several flushes of a stream with usual settings.
    public static let defaultWait = Duration.seconds(300)
    /// From 1 s to 1 day.
    public static let allowedWait = Duration.seconds(1)...Duration.seconds(86_400)

    /// Database, lake, slot and what the configuration says about tables.
    public var replication: ReplicationRequest
    /// Which tables; empty for all that the lake, the publication or the configuration knows.
    public var tables: [TablePattern]
    /// Which days; nil for all.
    ///
    /// A table without days is looked at as a whole.
    public var period: BackfillRequest.Period?
    /// Whether the rows themselves are compared.
    public var isDeep: Bool
    /// Whether days that differ are exported again.
    public var repairs: Bool
    /// How long the stream may take to bring into the lake what the database has at the beginning.
    public var wait: Duration

    /// Describes a validation.
    public init(
        replication: ReplicationRequest,
        tables: [TablePattern] = [],
        period: BackfillRequest.Period? = nil,
        isDeep: Bool = false,
        repairs: Bool = false,
        wait: Duration = Self.defaultWait
    ) {
        self.replication = replication
        self.tables = tables
        self.period = period
        self.isDeep = isDeep
        self.repairs = repairs
        self.wait = wait
    }
}

extension ValidationRequest {
    /// What is asked for, in a few words.
    var mode: String {
        let period =
            switch period {
            case .none: ""
            case .yesterday: " yesterday"
            case .days(let first, let last): " \(first) to \(last)"
            }
        return (isDeep ? "deep" : "quick") + (repairs ? ", repair" : "") + period
    }
}

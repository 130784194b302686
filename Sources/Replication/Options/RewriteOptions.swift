/// When pending changes are taken up by the files of rows.
public struct RewriteOptions: Sendable, Hashable {
    /// 5 min: rows that are fresh enough to work with, few enough replacements of the days that change most.
    public static let defaultInterval = Duration.seconds(300)
    /// 2 days: late readers of a day's changes have read them, and its files are many no longer than that.
    public static let defaultCompactionAge = Duration.seconds(2 * 86_400)

    /// From 1 s to 1 day.
    public static let allowedInterval = Duration.seconds(1)...Duration.seconds(86_400)
    /// From 1 s to 365 days.
    public static let allowedCompactionAge = Duration.seconds(1)...Duration.seconds(365 * 86_400)

    /// How often the files of rows take up pending changes.
    public var interval: Duration
    /// How long after the end of a commit date its files of changes are merged into few.
    public var compactChangesAfter: Duration

    /// Describes when to rewrite.
    public init(
        interval: Duration = Self.defaultInterval,
        compactChangesAfter: Duration = Self.defaultCompactionAge
    ) {
        self.interval = interval
        self.compactChangesAfter = compactChangesAfter
    }
}

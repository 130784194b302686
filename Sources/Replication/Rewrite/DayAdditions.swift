import Lake
import PostgresWire

/// Row groups at the end of a day's object that the day has taken in ahead.
///
/// They hold rows that move to the day, written before the days that they leave. The day's other rows are as its progress
/// says; its next writing replaces the additions. Until then they are all there is of a row whose former day is written.
///
/// | key | value |
/// |---|---|
/// | `sluice.additions` | how many row groups |
/// | `sluice.additions.lsn` | the commit LSN of the last change that their rows hold |
/// | `sluice.additions.seq` | the ordinal of that change in its transaction, if others of the transaction are pending |
struct DayAdditions: Sendable, Equatable {
    private static let countKey = "sluice.additions"
    private static let lsnKey = "sluice.additions.lsn"
    private static let sequenceKey = "sluice.additions.seq"

    var groupCount: Int
    /// The last change that the rows hold.
    var end: ChangePosition

    init(groupCount: Int, end: ChangePosition) {
        self.groupCount = groupCount
        self.end = end
    }

    /// Reads a footer's keys and values; nil if there are no additions.
    init?(_ keyValues: [(key: String, value: String)]) {
        func value(_ key: String) -> String? { keyValues.last { $0.key == key }?.value }
        guard let count = value(Self.countKey).flatMap({ Int($0) }), count > 0 else { return nil }
        groupCount = count
        // An older release did not say it: then they hold nothing that is certain.
        end = .start
        guard let lsn = value(Self.lsnKey).flatMap({ LSN($0) }) else { return }
        let sequence = value(Self.sequenceKey).flatMap { Int64($0) } ?? ChangePosition.wholeTransaction
        end = ChangePosition(lsn: lsn, sequence: sequence)
    }

    /// The footer's keys and values.
    var keyValues: [(key: String, value: String)] {
        var pairs = [(Self.countKey, "\(groupCount)"), (Self.lsnKey, "\(end.lsn)")]
        if end.sequence != ChangePosition.wholeTransaction { pairs.append((Self.sequenceKey, "\(end.sequence)")) }
        return pairs
    }
}

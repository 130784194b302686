import Lake

/// Decides which days of a table are compared once more, and when a difference is one.
///
/// A day that differs is looked at again, with another snapshot and the object that is there by then, before it is said to
/// differ. One whose object is replaced while it is read is tried again, as often as rounds are left.
struct ComparisonRounds: Sendable {
    /// Rounds at the most: a day of which another object is there each time is rewritten faster than it can be read.
    static let maximumCount = 6
    /// How often a day is found to differ before that is believed.
    private static let neededFindings = 2

    /// The days to be compared in the next round; nil for all.
    private(set) var wanted: Set<CalendarDate?>?
    private(set) var number = 0
    /// The days that are settled, or were last seen so.
    private(set) var verdicts: [CalendarDate?: DayVerdict] = [:]
    /// Why no day could be compared, if that is so.
    private(set) var failure: String?
    private var findings: [CalendarDate?: Int] = [:]

    /// Begins with all days, or some.
    init(wanted: Set<CalendarDate?>? = nil) {
        self.wanted = wanted
    }

    /// Whether no day is to be compared any more.
    var isDone: Bool { number > 0 && (wanted?.isEmpty ?? false) }

    /// Takes in what a round has found.
    ///
    /// - Parameter found: What came of each day; those that are gone on both sides are left out.
    mutating func take(_ found: [CalendarDate?: DayVerdict]) {
        number += 1
        failure = nil
        var again: Set<CalendarDate?> = []
        for day in wanted ?? Set(found.keys) {
            // It may have lost its last row meanwhile, and its object.
            guard let verdict = found[day] else {
                if verdicts[day] != nil { verdicts[day] = DayVerdict(.equal) }
                continue
            }
            verdicts[day] = verdict
            switch verdict.outcome {
            case .equal: break
            case .uncompared: again.insert(day)
            case .differs, .missing, .damaged:
                findings[day, default: 0] += 1
                if findings[day, default: 0] < Self.neededFindings { again.insert(day) }
            }
        }
        wanted = number < Self.maximumCount ? again : []
    }

    /// Takes in that no day could be compared.
    ///
    /// - Parameters:
    ///   - reason: Why.
    ///   - mayPass: Whether it may be otherwise in the next round.
    mutating func fail(_ reason: String, mayPass: Bool) {
        number += 1
        if verdicts.isEmpty { failure = reason }
        // What was found in the round before is not to be believed yet.
        for day in wanted ?? [] where verdicts[day] != nil { verdicts[day]?.outcome = .uncompared(reason) }
        if !mayPass || number >= Self.maximumCount { wanted = [] }
    }
}

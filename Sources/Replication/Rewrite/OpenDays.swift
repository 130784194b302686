import Lake

/// The days that a run may write.
struct OpenDays: Sendable, Equatable {
    /// Those that were asked for; nil for all.
    var range: ClosedRange<CalendarDate>?
    /// Those to which rows of the others move.
    var others: Set<CalendarDate?> = []

    init(range: ClosedRange<CalendarDate>?) {
        self.range = range
    }

    /// Whether a day may be written; a table without days may always be.
    func contains(_ day: CalendarDate?) -> Bool {
        guard let range, let day else { return true }
        return range.contains(day) || others.contains(day)
    }
}

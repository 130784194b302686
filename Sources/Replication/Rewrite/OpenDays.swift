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

    /// Whether a day may be written; the one object of a table without days may be if no days were chosen.
    func contains(_ day: CalendarDate?) -> Bool {
        guard let range else { return true }
        return day.map { range.contains($0) } ?? false || others.contains(day)
    }
}

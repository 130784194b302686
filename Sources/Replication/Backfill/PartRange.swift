import Lake

/// Some rows of a relation, which one COPY reads.
enum PartRange: Equatable {
    /// Whatever rows are wanted.
    case all
    /// Rows of these days, which an index on the partition column finds; without an end on the open sides. Infinity
    /// lies beyond every day.
    case days(from: CalendarDate?, end: CalendarDate?)
    /// Rows whose partition column is NULL, which the index finds too.
    case withoutDay
    /// Rows of these pages; the last range has no end, for pages that came after the size was read.
    case pages(from: Int, end: Int?)
}

/// Divides a large relation, so that several workers read it at the same time.
///
/// By days where an index on the partition column serves the ranges as cheaply as the table itself does: where rows
/// lie in the table about as they do in the index. Each worker has days of its own then. Else by pages, unless few days
/// are wanted: the index finds those in one go, while every range of pages would have to be read whole.
struct RelationDivision {
    /// Relations below this many pages (64 MiB) are not worth a second session.
    static let minimumPageCount = 8_192
    /// Ranges for each worker: with more than one, no worker waits long for the others at the end.
    private static let rangesPerJob = 2
    /// From this correlation on, an index scan reads the table's pages nearly in their order.
    private static let minimumCorrelation = 0.9
    /// Up to this share of an unordered table its index is better than reading the whole of it.
    private static let maximumIndexShare = 0.2

    var pageCount: Int
    /// Whether ranges of pages can be read.
    var isHeap: Bool
    /// What is known of an index that leads with the partition column, if there is one.
    var index: PartitionColumnIndex?
    /// The days that are wanted, or `nil` for all rows.
    var days: ClosedRange<CalendarDate>?
    var jobs: Int

    /// The ranges: together every wanted row, each once.
    var ranges: [PartRange] {
        guard jobs > 1, pageCount >= Self.minimumPageCount else { return [.all] }
        guard let index else { return pages }
        let share = days.map(index.share) ?? 1
        guard index.isOrdered(atLeast: Self.minimumCorrelation) else {
            // An index without statistics is trusted to find a few days.
            return share > Self.maximumIndexShare ? pages : [.all]
        }
        let worthwhile = Int(share * Double(pageCount)) / (Self.minimumPageCount / 2)
        let boundaries = index.boundaries(of: days, count: min(jobs * Self.rangesPerJob, worthwhile))
        guard let first = boundaries.first, let last = boundaries.last else { return days == nil ? pages : [.all] }
        let inner = zip(boundaries, boundaries.dropFirst()).map { PartRange.days(from: $0, end: $1) }
        guard let days else {
            return [.days(from: nil, end: first)] + inner + [.days(from: last, end: nil), .withoutDay]
        }
        let end = days.upperBound.advanced(by: 1)
        return [.days(from: days.lowerBound, end: first)] + inner + [.days(from: last, end: end)]
    }

    private var pages: [PartRange] {
        guard isHeap else { return [.all] }
        let count = min(jobs, pageCount / (Self.minimumPageCount / 2))
        return (0..<count).map { index in
            .pages(from: pageCount * index / count, end: index == count - 1 ? nil : pageCount * (index + 1) / count)
        }
    }
}

/// A btree index that leads with a date or time column, as the planner's statistics (`pg_stats`) describe the column.
struct PartitionColumnIndex: Sendable, Equatable {
    /// How far the table's rows lie in the order of the index, from -1 to 1; `nil` for a table never analysed.
    var correlation: Double?
    /// Days and the share of the rows at or after each, up to the next.
    var shares: [(day: CalendarDate, share: Double)]

    static func == (left: PartitionColumnIndex, right: PartitionColumnIndex) -> Bool {
        left.correlation == right.correlation && left.shares.elementsEqual(right.shares, by: ==)
    }

    /// Describes a column.
    ///
    /// - Parameters:
    ///   - correlation: As `pg_stats` has it.
    ///   - common: The commonest values' days and the share of the rows that each has.
    ///   - bounds: Days between which lie equally many of the other rows.
    init(correlation: Double?, common: [(day: CalendarDate, share: Double)], bounds: [CalendarDate]) {
        self.correlation = correlation
        let rest = max(0, 1 - common.reduce(0) { $0 + $1.share })
        let others = bounds.map { (day: $0, share: rest / Double(bounds.count)) }
        let byDay = Dictionary((common + others).map { ($0.day, $0.share) }, uniquingKeysWith: +)
        shares = byDay.map { (day: $0.key, share: $0.value) }.sorted { $0.day < $1.day }
    }

    func isOrdered(atLeast minimum: Double) -> Bool { abs(correlation ?? 0) >= minimum }

    /// About which share of the rows the days have; 0 if nothing is known.
    func share(of days: ClosedRange<CalendarDate>) -> Double {
        shares.reduce(0) { days.contains($1.day) ? $0 + $1.share : $0 }
    }

    /// At most `count - 1` days that divide the wanted rows evenly, ascending, none of them the first wanted day.
    func boundaries(of days: ClosedRange<CalendarDate>?, count: Int) -> [CalendarDate] {
        let wanted = shares.filter { days?.contains($0.day) ?? true }
        guard count > 1, let first = days?.lowerBound ?? wanted.first?.day else { return [] }
        let total = wanted.reduce(0) { $0 + $1.share }
        var boundaries: [CalendarDate] = []
        var sum = 0.0
        for (day, share) in wanted {
            // A little earlier than exactly, for sums that are off by a rounding.
            let isDue = sum >= total * (Double(boundaries.count + 1) / Double(count) - 1e-9)
            if isDue, boundaries.count < count - 1, day > (boundaries.last ?? first) { boundaries.append(day) }
            sum += share
        }
        return boundaries
    }
}

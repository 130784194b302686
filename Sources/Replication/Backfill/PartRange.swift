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
/// By days where an index on the partition column serves the ranges about as cheaply as the table itself does: where
/// rows lie in the table about as they do in the index. Reading all of such a table costs the server some 6 % more CPU
/// than ranges of pages do (5 million rows of 200 bytes, cached); each worker has days of its own then, which saves a
/// fifth of the memory. Else by pages, unless few days are wanted: the index finds those in one go, while every range of
/// pages would have to be read whole.
struct RelationDivision {
    /// Relations below this many pages (64 MiB) are not worth a second session.
    static let minimumPageCount = 8_192
    /// Ranges for each worker: with more than one, no worker waits long for the others at the end.
    private static let rangesPerJob = 2
    /// From this correlation on, an index scan reads the table's pages nearly in their order.
    private static let minimumCorrelation = 0.9
    /// Up to this share of an unordered table its index is better than reading the whole of it.
    private static let maximumIndexShare = 0.2
    /// NULLs lie among the other rows: reading many of them apart would read most pages twice.
    private static let maximumNullShare = 0.01

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
        if days == nil, index.nullShare > Self.maximumNullShare { return pages }
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
struct PartitionColumnIndex: Sendable {
    /// How far the table's rows lie in the order of the index, from -1 to 1; `nil` for a table never analysed.
    let correlation: Double?
    /// The share of the rows whose column is NULL.
    let nullShare: Double
    private let common: [(day: CalendarDate, share: Double)]
    private let bounds: [CalendarDate]
    /// What is neither NULL nor among the commonest values.
    private let otherShare: Double

    /// Describes a column.
    ///
    /// - Parameters:
    ///   - correlation: As `pg_stats` has it.
    ///   - nullShare: The share of the rows whose column is NULL.
    ///   - common: The commonest values' days and the share of the rows that each has.
    ///   - bounds: Days between which lie equally many of the other rows, ascending.
    init(
        correlation: Double?,
        nullShare: Double = 0,
        common: [(day: CalendarDate, share: Double)],
        bounds: [CalendarDate]
    ) {
        self.correlation = correlation
        self.nullShare = nullShare
        self.common = common
        self.bounds = bounds
        otherShare = max(0, 1 - nullShare - common.reduce(0) { $0 + $1.share })
    }

    func isOrdered(atLeast minimum: Double) -> Bool { abs(correlation ?? 0) >= minimum }

    /// About which share of the rows the days have; 0 if nothing is known.
    func share(of days: ClosedRange<CalendarDate>) -> Double {
        share(before: days.upperBound.advanced(by: 1)) - share(before: days.lowerBound)
    }

    /// At most `count - 1` days that divide the wanted rows evenly, ascending, none of them the first wanted day.
    func boundaries(of days: ClosedRange<CalendarDate>?, count: Int) -> [CalendarDate] {
        let known = common.map(\.day) + bounds
        guard count > 1, let earliest = known.min(), let latest = known.max() else { return [] }
        let first = days?.lowerBound ?? earliest
        let last = min(days?.upperBound ?? latest, latest)
        let (start, end) = (share(before: first), share(before: last.advanced(by: 1)))
        return (1..<count).reduce(into: []) { boundaries, number in
            // A little less than exactly, for sums that are off by a rounding.
            let wanted = start + (end - start) * Double(number) / Double(count) - 1e-9
            var low = (boundaries.last ?? first).advanced(by: 1)
            guard low <= last, share(before: last) >= wanted else { return }
            var high = last
            while low < high {
                let middle = low.advanced(by: (high.daysSinceEpoch - low.daysSinceEpoch) / 2)
                if share(before: middle) >= wanted { high = middle } else { low = middle.advanced(by: 1) }
            }
            boundaries.append(low)
        }
    }

    /// The share of the rows before a day; those between two bounds are taken to be spread evenly.
    private func share(before day: CalendarDate) -> Double {
        let commonShare = common.reduce(0) { $1.day < day ? $0 + $1.share : $0 }
        guard let index = bounds.lastIndex(where: { $0 < day }) else { return commonShare }
        guard index + 1 < bounds.count else { return commonShare + otherShare }
        let (lower, upper) = (bounds[index].daysSinceEpoch, bounds[index + 1].daysSinceEpoch)
        let position = Double(index) + Double(day.daysSinceEpoch - lower) / Double(upper - lower)
        return commonShare + otherShare * position / Double(bounds.count - 1)
    }
}

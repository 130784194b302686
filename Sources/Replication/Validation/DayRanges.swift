import Lake

/// Days as few ranges, each of which one query reads.
enum DayRanges {
    /// A query for each range: more would take longer than the days in between.
    static let maximumCount = 16

    /// Ranges that hold all of the days.
    ///
    /// - Parameters:
    ///   - days: The days.
    ///   - count: How many ranges there may be; days between those that are nearest to each other are taken along then.
    /// - Returns: The ranges in order.
    static func covering(_ days: some Sequence<CalendarDate>, count: Int = maximumCount) -> [ClosedRange<CalendarDate>]
    {
        let sorted = Set(days).sorted()
        guard let first = sorted.first else { return [] }
        let gaps = zip(sorted, sorted.dropFirst()).map { $1.daysSinceEpoch - $0.daysSinceEpoch }
        let cuts = gaps.indices.filter { gaps[$0] > 1 }
            .sorted { (gaps[$0], $1) > (gaps[$1], $0) }.prefix(max(1, count) - 1).sorted()
        var ranges: [ClosedRange<CalendarDate>] = []
        var start = first
        for cut in cuts {
            ranges.append(start...sorted[cut])
            start = sorted[cut + 1]
        }
        ranges.append(start...sorted[sorted.count - 1])
        return ranges
    }
}

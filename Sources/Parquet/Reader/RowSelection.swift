/// Some rows of a row group: ranges in ascending order that do not touch.
struct RowSelection: Sendable, Equatable {
    let ranges: [Range<Int>]

    /// How many rows they are.
    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The rows of the ranges, in whatever order they are given.
    init(_ ranges: [Range<Int>]) {
        let ascending = ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
        self.ranges = ascending.joined(over: 0)
    }

    /// The rows of the ranges, in whatever order they are given.
    ///
    /// - Throws: ``ParquetReadError`` if a row is not among the first `rowCount`.
    init(_ ranges: [Range<Int>], rowCount: Int) throws(ParquetReadError) {
        for range in ranges where range.lowerBound < 0 || range.upperBound > rowCount {
            throw ParquetReadError(
                .malformed,
                "There are no rows \(range.lowerBound) to \(range.upperBound) among \(rowCount)."
            )
        }
        self.init(ranges)
    }

    /// The rows that are in both.
    func intersection(_ other: RowSelection) -> RowSelection {
        var common: [Range<Int>] = []
        var (left, right) = (ranges[...], other.ranges[...])
        while let a = left.first, let b = right.first {
            let overlap = a.clamped(to: b)
            if !overlap.isEmpty { common.append(overlap) }
            if a.upperBound < b.upperBound { left.removeFirst() } else { right.removeFirst() }
        }
        return RowSelection(common)
    }

    /// The rows that are in either.
    func union(_ other: RowSelection) -> RowSelection { RowSelection(ranges + other.ranges) }
}

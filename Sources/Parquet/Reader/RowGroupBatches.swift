public import Columnar

/// The rows of a row group, a batch at a time.
///
/// Used by one thread at a time; ends with the first error.
public final class RowGroupBatches {
    /// The rows of the batches to come, 1 or more; the last one has what is left.
    ///
    /// May be changed between batches, as only those that were read tell how much memory a row takes.
    public var maximumRowCount: Int {
        didSet { maximumRowCount = max(1, maximumRowCount) }
    }
    private let readers: [RecordReader]
    /// What is still to be read, but for the rows before ``position``.
    private var ranges: ArraySlice<Range<Int>>
    /// The row that the readers stand before.
    private var position = 0

    init(_ readers: [RecordReader], _ selection: RowSelection, maximumRowCount: Int) {
        self.readers = readers
        self.maximumRowCount = maximumRowCount
        // Without a column there is nothing that a claimed number of rows would have to show.
        ranges = readers.isEmpty ? [] : selection.ranges[...]
    }

    /// Reads the next batch.
    ///
    /// - Returns: The columns, each with one slot for each row; `nil` after the last row.
    /// - Throws: ``ParquetReadError``, whose message names row group, column and page.
    public func next() throws(ParquetReadError) -> RowBatch? {
        let runs = nextRuns()
        guard !runs.isEmpty else { return nil }
        var columns: [Column] = []
        do throws(ParquetReadError) {
            for reader in readers { columns.append(try reader.take(runs)) }
        } catch {
            ranges = []
            throw error
        }
        return RowBatch(columns: columns)
    }

    /// Columns without rows.
    func emptyColumns() -> [Column] { readers.map { $0.emptyColumn() } }

    /// The rows of the next batch.
    private func nextRuns() -> [(skipped: Int, taken: Int)] {
        var runs: [(skipped: Int, taken: Int)] = []
        var left = maximumRowCount
        while left > 0, let range = ranges.first {
            let start = max(position, range.lowerBound)
            let taken = min(left, range.upperBound - start)
            runs.append((start - position, taken))
            position = start + taken
            left -= taken
            if position == range.upperBound { ranges.removeFirst() }
        }
        return runs
    }
}

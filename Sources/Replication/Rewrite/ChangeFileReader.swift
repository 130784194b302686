import Columnar
import Ingest
import Lake
import ObjectStorage
import Parquet
import PostgresWire

/// Reads the changes of one file from front to back, a few megabytes at a time.
///
/// Holds the rows of one portion, of each column a page, and of a row group the compressed bytes. Used by one thread at a
/// time, which it blocks.
final class ChangeFileReader {
    /// Rows of the first portion at most: the footer knows encoded bytes alone.
    private static let initialRowCount = 1_024
    /// Rows of any portion: a later row may take much more memory than those before.
    private static let maximumRowCount = 1 << 16

    let file: ChangeFile
    let schema: ChangeFileSchema
    private let source: ReportingByteSource
    private let reader: ParquetFileReader
    private let after: ChangePosition
    private let through: ChangePosition
    /// The transactions whose changes are taken; nil for all.
    private let snapshot: TransactionSnapshot?
    /// Which changes are worth reading; nil if all are.
    private let filter: RowFilter?
    private var rowGroups: ArraySlice<Int>
    private var batches: RowGroupBatches?
    private var maximumRowCount = ChangeFileReader.initialRowCount

    /// All columns of the portion in memory.
    private var portion: [Column] = []
    private var cursors: [ColumnCursor] = []
    private var lsns: [Int64] = []
    private var sequences: [Int64] = []
    /// The rows of the portion that are wanted and were not taken yet.
    private var rows = 0..<0
    private var lastRead: ChangePosition?

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - store: The lake.
    ///   - after: Changes up to this one are passed over.
    ///   - through: The last change wanted.
    ///   - snapshot: Changes of transactions that it does not see are passed over; nil for none.
    /// - Throws: ``ReplicationError`` if the file cannot be read.
    init(
        _ file: ChangeFile,
        in store: any ObjectStore,
        after: ChangePosition,
        through: ChangePosition,
        seenBy snapshot: TransactionSnapshot? = nil
    ) throws(ReplicationError) {
        let source = ReportingByteSource(ObjectByteSource(file.object, in: store))
        let isWanted = after.lsn < file.name.first && through.lsn >= file.name.last
        let filter = isWanted ? nil : Self.filter(after, through)
        let rowGroups: [Int]
        do throws(ParquetReadError) {
            reader = try ParquetFileReader(source, options: .ofLakeObjects)
        } catch {
            throw Self.failure(file, source, error)
        }
        schema = try ChangeFileSchema(key: file.object.key, reader)
        do throws(ParquetReadError) {
            rowGroups =
                if let filter { try reader.rowGroups(matching: filter) } else { Array(0..<reader.rowGroupCount) }
        } catch {
            throw Self.failure(file, source, error)
        }
        self.file = file
        self.source = source
        self.after = after
        self.through = through
        self.snapshot = snapshot
        self.filter = filter
        self.rowGroups = rowGroups[...]
    }

    /// The next change; nil if the next portion has to be loaded first.
    var next: ChangePosition? { rows.isEmpty ? nil : position(of: rows.lowerBound) }

    /// The changes in memory that were not taken yet.
    var count: Int { rows.count }

    /// The change that comes after so many others.
    ///
    /// - Precondition: It is in memory.
    func position(at index: Int) -> ChangePosition { position(of: rows.lowerBound + index) }

    /// The bytes of memory that a row takes, about.
    var rowByteCount: Int { portion.reduce(0) { $0 + $1.allocatedByteCount } / max(1, lsns.count) }

    /// Loads changes, if none are in memory.
    ///
    /// - Parameter byteCount: The bytes that the portion is to take, about.
    /// - Returns: Whether there are some now.
    /// - Throws: ``ReplicationError`` if the file cannot be read.
    func load(byteCount: Int) throws(ReplicationError) -> Bool {
        while rows.isEmpty {
            do throws(ParquetReadError) {
                if batches == nil {
                    guard let group = rowGroups.popFirst() else { return false }
                    maximumRowCount = min(maximumRowCount, rowCount(ofRowGroup: group, in: byteCount))
                    let ranges = try filter.map { filter throws(ParquetReadError) in
                        try reader.rowRanges(ofRowGroup: group, matching: filter)
                    }
                    batches = try reader.batches(ofRowGroup: group, rows: ranges, maximumRowCount: maximumRowCount)
                }
                batches?.maximumRowCount = maximumRowCount
                guard let batch = try batches?.next() else {
                    batches = nil
                    continue
                }
                portion = batch.columns
            } catch {
                throw Self.failure(file, source, error)
            }
            try admitPortion()
            let wanted = byteCount / max(1, rowByteCount)
            // A few rows say little about those that follow.
            maximumRowCount = max(1, min(wanted, maximumRowCount * 4, Self.maximumRowCount))
        }
        return true
    }

    /// Takes the next changes.
    ///
    /// - Precondition: So many are in memory, one at least.
    /// - Returns: Those that the snapshot sees; nil if it sees none of them.
    /// - Throws: ``ReplicationError`` if one of them is no change.
    func take(_ count: Int) throws(ReplicationError) -> ChangeBatch? {
        let taken = rows.lowerBound..<rows.lowerBound + count
        rows = taken.upperBound..<rows.upperBound
        defer { if rows.isEmpty { forgetPortion() } }
        let runs = try seenRuns(of: taken)
        guard !runs.isEmpty else { return nil }
        if runs == [0..<lsns.count] { return try ChangeBatch(schema, columns: portion) }
        var columns: [Column] = []
        for index in cursors.indices {
            let column = Column(type: portion[index].type)
            for run in runs {
                cursors[index].skip(run.lowerBound - cursors[index].slot)
                cursors[index].copy(run.count, to: column)
            }
            columns.append(column)
        }
        return try ChangeBatch(schema, columns: columns)
    }

    /// The changes that the snapshot sees, as ranges of rows of the portion.
    private func seenRuns(of taken: Range<Int>) throws(ReplicationError) -> [Range<Int>] {
        guard let snapshot else { return [taken] }
        let xids = try ChangeBatch.xids(schema.ordered(portion).changes[3], schema)
        var runs: [Range<Int>] = []
        for row in taken where snapshot.isVisible(xid: xids[row]) {
            if let last = runs.last, last.upperBound == row {
                runs[runs.count - 1] = last.lowerBound..<row + 1
            } else {
                runs.append(row..<row + 1)
            }
        }
        return runs
    }

    /// Passes over changes up to a position.
    func skip(through position: ChangePosition) {
        rows = rows.lowerBound + count(through: position)..<rows.upperBound
        if rows.isEmpty { forgetPortion() }
    }

    /// How many of the changes in memory are at a position or before it.
    func count(through position: ChangePosition) -> Int {
        var low = rows.lowerBound
        var high = rows.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if self.position(of: middle) <= position { low = middle + 1 } else { high = middle }
        }
        return low - rows.lowerBound
    }

    // MARK: - The portion

    /// The rows of a row group that a portion takes if none is larger in memory than in the file.
    private func rowCount(ofRowGroup index: Int, in byteCount: Int) -> Int {
        let group = reader.metadata.rowGroups[index]
        let rowByteCount = group.uncompressedByteCount / max(1, group.rowCount)
        return max(1, byteCount / max(1, rowByteCount))
    }

    private func position(of row: Int) -> ChangePosition {
        ChangePosition(lsn: LSN(rawValue: UInt64(bitPattern: lsns[row])), sequence: sequences[row])
    }

    /// Makes sure that the portion's rows are changes of this file in their order, and finds those that are wanted.
    private func admitPortion() throws(ReplicationError) {
        let (changes, _) = schema.ordered(portion)
        guard changes[1].validity.nullCount == 0, changes[2].validity.nullCount == 0 else {
            throw .unreadableChanges(file.object.key, "it has changes without position")
        }
        lsns = ChangeBatch.numbers(changes[1])
        sequences = ChangeBatch.numbers(changes[2])
        for row in lsns.indices {
            let position = position(of: row)
            guard lastRead.map({ $0 < position }) ?? true, position.lsn >= file.name.first,
                position.lsn <= file.name.last
            else {
                throw .unreadableChanges(
                    file.object.key,
                    "its changes are not in the order of their commits, or not those that its name says"
                )
            }
            lastRead = position
        }
        rows = lsns.indices
        rows = count(through: after)..<rows.upperBound
        rows = rows.lowerBound..<rows.lowerBound + count(through: through)
        if rows.isEmpty { forgetPortion() } else { cursors = portion.map { ColumnCursor($0) } }
    }

    private func forgetPortion() {
        portion = []
        cursors = []
    }

    private static func filter(_ after: ChangePosition, _ through: ChangePosition) -> RowFilter {
        // The column's integers are signed, and no LSN of a server that runs is beyond them.
        .greaterOrEqual("_lsn", FilterValue(Int64(clamping: after.lsn.rawValue)))
            && .lessOrEqual("_lsn", FilterValue(Int64(clamping: through.lsn.rawValue)))
    }

    /// What of a reader's error the caller wants to know.
    private static func failure(
        _ file: ChangeFile,
        _ source: ReportingByteSource,
        _ error: ParquetReadError
    ) -> ReplicationError {
        guard let failure = source.storeFailure else {
            return .unreadableChanges(file.object.key, "\(error)")
        }
        // Files are merged into others: the next listing has those.
        let isGone = failure.code == .notFound || failure.code == .conflict
        return ReplicationError(.lake, "\(failure)", isTransient: failure.isTransient || isGone)
    }
}

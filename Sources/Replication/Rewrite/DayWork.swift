import Lake

/// What a pass does to the object of one day.
///
/// Used by one thread at a time.
final class DayWork {
    /// A row that is to stand in the object.
    struct NewRow {
        /// Where a column's value comes from that the last change has left alone.
        enum Kept {
            /// The row in whose place this one stands.
            case inPlace
            /// Another row of the pass's sources.
            case row(RowReference)
        }

        /// The last change; nil for a row of which all columns are kept.
        var row: RowReference?
        /// Columns that do not come from ``row``.
        var kept: [Int: Kept] = [:]
        /// The last change; nil if it is not known yet how the row went: see ``KeptRows``.
        var lsn: Int64?
        var isDeleted = false
        /// Whether the row is in another day so far.
        var isMoved = false
    }

    /// What becomes of a row of the present object.
    enum Fate {
        case dropped
        /// Replaced by the new row of this number.
        case replaced(Int)
    }

    let day: CalendarDate?
    /// The present object; nil if there is none.
    var file: DayFile?
    /// The number of the present object.
    var fileIndex: Int?
    /// Which changes the object holds before the pass.
    let progress: DayProgress
    /// Whether all rows that are there go.
    var isEmptied = false
    /// Rows that take the place of others or are appended.
    var rows: [NewRow] = []
    /// The numbers of the rows that are appended, in this order.
    var appended: [Int] = []
    /// For each row group the rows of which something becomes.
    var fates: [Int: [Int: Fate]] = [:]
    /// Days to which rows of this one move: they have to be written before.
    var waitsFor: Set<CalendarDate?> = []
    /// Whether a column became wider, so that the object is written even if no row changes.
    var isNarrow = false
    /// Whether a process that has been replaced may still send an object for the day, which must not take the place of what
    /// is there, nor of nothing.
    var isUnsettled = false

    init(day: CalendarDate?, file: DayFile?, fileIndex: Int?, progress: DayProgress) {
        self.day = day
        self.file = file
        self.fileIndex = fileIndex
        self.progress = progress
    }

    /// Whether anything is to be done.
    var isTouched: Bool {
        !rows.isEmpty || !fates.isEmpty || isNarrow || isUnsettled || file?.additions != nil
            || (isEmptied && (file.map { $0.rowCount > 0 } ?? false))
    }

    /// How many rows come, change and go.
    var counts: (inserted: Int, updated: Int, deleted: Int) {
        var (updated, deleted) = (0, 0)
        for rows in fates.values {
            for fate in rows.values {
                if case .dropped = fate { deleted += 1 } else { updated += 1 }
            }
        }
        if isEmptied { deleted += file?.rowCount ?? 0 }
        return (appended.count, updated, deleted)
    }

    /// The numbers of the rows that are new in the day, in this order: those that are appended, and those that come from
    /// another day and take the place of a row.
    var arriving: [Int] {
        let appended = Set(appended)
        return self.appended + rows.indices.filter { rows[$0].isMoved && !appended.contains($0) }
    }

    /// Appends a row.
    func append(_ row: NewRow) {
        appended.append(rows.count)
        rows.append(row)
    }

    /// Puts a row in the place of another.
    func replace(_ place: KeyLocator.Place, by row: NewRow) {
        fates[place.rowGroup, default: [:]][place.row] = .replaced(rows.count)
        rows.append(row)
    }

    /// Removes a row.
    func drop(_ place: KeyLocator.Place) {
        fates[place.rowGroup, default: [:]][place.row] = .dropped
    }
}

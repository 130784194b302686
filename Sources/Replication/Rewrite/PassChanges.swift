import Columnar
import Lake
import PostgresWire

/// The changes that one pass takes up, in the order in which they were committed.
struct PassChanges {
    /// What the newest file says of the table.
    var description: TableDescription
    /// The columns of all files.
    var layout: RowLayout
    /// The batches, and at the same places the sources of their rows.
    var batches: [ChangeBatch]
    var sources: [RowSource]
    /// Which days have taken up everything before, if the pass ends here.
    var end: ChangePosition
    /// The commit date of the last change.
    var commitDay: CalendarDate?

    /// How rows are told apart.
    var identity: RowIdentity {
        if !description.key.isEmpty { return .key }
        return description.identity == .full ? .wholeRow : .none
    }

    /// The key's columns, of a table that is told apart by whole rows all of them.
    var keyColumns: [RowLayout.Column] {
        switch identity {
        case .key: description.key.compactMap { name in layout.index(of: name).map { layout.columns[$0] } }
        case .wholeRow: layout.columns
        case .none: []
        }
    }

    /// Arranges batches.
    ///
    /// - Throws: ``RowLayout/Conflict`` if a column's types do not go together.
    init(_ batches: [ChangeBatch], description: TableDescription, end: ChangePosition) throws {
        self.batches = batches
        self.description = description
        self.end = end
        var layout: RowLayout?
        for batch in batches {
            let own = RowLayout(batch.file.columns.map { RowLayout.Column(name: $0.name, type: $0.type) })
            layout = try layout.map { try $0.merged(into: own).get() } ?? own
        }
        let merged = layout ?? RowLayout([])
        self.layout = merged
        sources = batches.map { batch in
            let named = zip(batch.file.columns, batch.columns).map { (name: $0.name, values: $1) }
            return RowSource(columns: RowSource.arranged(named, as: merged), rescued: batch.rescued)
        }
        if let last = batches.last?.committedAt.last {
            let day = last.quotientAndRemainder(dividingBy: 86_400_000_000)
            commitDay = CalendarDate(
                daysSinceEpoch: Int32(clamping: day.remainder < 0 ? day.quotient - 1 : day.quotient)
            )
        }
    }

    /// A change of a batch.
    func stamp(_ batch: Int, _ row: Int) -> ChangeStampReference {
        ChangeStampReference(
            position: ChangePosition(
                lsn: .init(rawValue: UInt64(bitPattern: batches[batch].lsns[row])),
                sequence: batches[batch].sequences[row]
            ),
            xid: batches[batch].xids[row]
        )
    }
}

/// How rows of a table are told apart.
enum RowIdentity: Sendable {
    /// By key columns.
    case key
    /// By all of their values; several may be equal.
    case wholeRow
    /// Not at all: rows only come.
    case none
}

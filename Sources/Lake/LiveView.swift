public import PostgresWire

/// The SQL of a view that shows a table as it was at the checkpoint: its current rows, with the changes that they have not
/// taken up yet merged in.
///
/// Written for Trino 3xx and Athena (engine version 3); it needs two tables with the columns of the lake's files, where a
/// column that a file lacks is NULL, and with the widest type that a column has had. The table of changes is partitioned by
/// `year`, `month` and `day`, as its folders are, unless the table itself has such a column. Nothing is read or run here.
///
/// - A row with a key has the values of its last pending change; `D` removes it, `T` removes everything before it. What the
///   last change has left alone (`_unchanged`) comes from the newest earlier one that has it, else from the current row.
///   Where keys have changed both are looked for under the former keys, up to ``keyChangeDepth`` of them for one row; a
///   query that needs more fails and says so, instead of showing something else.
/// - Of a table whose rows are told apart by all of their values, as many equal rows are shown as there are.
/// - A table to which rows are only added shows the current and the pending ones.
///
/// The view of a table with a key goes on to be right when rewriting has taken up more changes than its position says,
/// because what is applied twice comes to the same; it becomes slower. So does that of a table to which rows are only added,
/// until days of it are exported again. The view of a table without key from which rows go is right for its position alone:
/// nothing in the rows says which deletes they have taken up.
///
/// A query fails where the view would be wrong and can tell: a row's large values are in none of the files, as when a day
/// was exported again out of which pending changes have moved the row; changes or rows do not have the key; rows without
/// key have come since, or a deleted one is not there. It cannot tell, where rows have exchanged keys and a day of theirs
/// was exported again since, whose large values are in it.
///
/// Not covered: keys that hold arrays or maps, and a change of the key's columns while changes are pending. Former keys with
/// dates before year 1, and in Athena those with fractions of a millisecond, are not recognised.
public struct LiveView: Sendable {
    /// How many changes of one row's key can be pending.
    public static let keyChangeDepth = 8

    /// A column of the table in the lake.
    public struct Column: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its type, as ``ColumnType/parquetText`` writes it.
        public var type: String

        /// Describes a column.
        public init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// The snapshot from which current rows come: changes that are visible in it are not pending.
    public struct Export: Sendable, Equatable {
        /// The snapshot.
        public var snapshot: TransactionSnapshot
        /// No transaction that commits at this LSN or later is visible in it.
        public var lsn: LSN

        /// Describes a snapshot.
        public init(snapshot: TransactionSnapshot, lsn: LSN) {
            self.snapshot = snapshot
            self.lsn = lsn
        }
    }

    /// A table that cannot have a view.
    public struct Unsupported: Error, Equatable, CustomStringConvertible {
        /// Why not, as the rest of a sentence about the table.
        public let description: String
    }

    /// What the newest file says of the table.
    public let table: TableDescription
    /// All columns that rows have, those that only older rows have after the others.
    public let columns: [Column]
    /// The name of the table with the current rows; that of the changes is this one with `_changes`.
    public let name: String
    /// The last change that all current rows have taken up.
    public let position: ChangePosition
    /// Where current rows come from, if changes that were committed before may be pending.
    public let export: Export?
    /// The commit date before which no change is pending, so that files need not be opened; nil if it is not known.
    public let firstDay: CalendarDate?
    /// Whether rows that are deleted stay, marked by `_deleted`.
    public let keepsDeleted: Bool

    /// Describes a view.
    public init(
        of table: TableDescription,
        columns: [Column],
        name: String,
        position: ChangePosition,
        export: Export? = nil,
        firstDay: CalendarDate? = nil,
        keepsDeleted: Bool = false
    ) {
        self.table = table
        self.columns = columns
        self.name = name
        self.position = position
        self.export = export
        self.firstDay = firstDay
        self.keepsDeleted = keepsDeleted
    }

    /// The name of the view.
    public var viewName: String { name + "_live" }

    /// Whether the view goes on to be right when current rows have taken up more changes than the position says.
    public var outlivesRewriting: Bool { !table.key.isEmpty || !mayLoseRows }

    // Files of rows do not say whether rows can go.
    private var mayLoseRows: Bool { (table.identity ?? .full) == .full }

    /// `CREATE OR REPLACE VIEW …`, without a semicolon.
    ///
    /// - Throws: ``Unsupported``.
    public func statement() throws(Unsupported) -> String {
        "CREATE OR REPLACE VIEW \(SQLText.identifier(viewName)) AS\n" + (try query())
    }

    private func query() throws(Unsupported) -> String {
        if !table.key.isEmpty { return try keyedQuery() }
        return mayLoseRows ? try wholeRowQuery() : addedRowsQuery()
    }
}

// MARK: - What the queries have in common

extension LiveView {
    /// A column with its place, by which the inner queries call it: no name of the table's can stand in their way there.
    struct Place {
        var number: Int
        var column: Column
        var isRescuable: Bool
    }

    var places: [Place] {
        columns.enumerated().map { index, column in
            Place(number: index + 1, column: column, isRescuable: isRescuable(column))
        }
    }

    var changesTable: String { SQLText.identifier(ChangeFileName.folder(of: name)) }
    var currentTable: String { SQLText.identifier(name) }

    /// Whether the rows have `_rescued`.
    var hasRescued: Bool { columns.contains(where: isRescuable) }

    private func isRescuable(_ column: Column) -> Bool {
        let source = table.columns.first { $0.name.isSameName(as: column.name) }?.type
        return ["DATE", "TIME", "DECIMAL", "LIST"].contains { column.type.hasPrefix($0) }
            || column.type == "DOUBLE" && (source?.hasPrefix("numeric") ?? false)
    }

    /// Which changes are pending.
    var isPending: String { isPending(isWholeTransactions: false) }

    /// Which changes are pending; if wanted, together with those of a transaction of which others are.
    func isPending(isWholeTransactions: Bool) -> String {
        var text = "_lsn > \(position.lsn.rawValue)"
        if position.sequence != ChangePosition.wholeTransaction {
            text =
                isWholeTransactions
                ? "_lsn >= \(position.lsn.rawValue)"
                : "(\(text) OR _lsn = \(position.lsn.rawValue) AND _seq > \(position.sequence))"
        }
        let dateColumns = ["year", "month", "day"]
        if let firstDay, !columns.contains(where: { dateColumns.contains($0.name.lowercased()) }) {
            // Of any type that a catalog may give them.
            let (year, month, day) = firstDay.parts
            text += "\n        AND CAST(year AS bigint) * 10000 + CAST(month AS bigint) * 100 + CAST(day AS bigint) >= "
            text += "\(year * 10_000 + month * 100 + day)"
        }
        guard let export, export.lsn > position.lsn else { return text }
        return text + "\n        AND NOT (_lsn < \(export.lsn.rawValue) AND \(export.snapshot.isVisible))"
    }

    /// `(_lsn, _seq)` as one number.
    static let ordinal = "CAST(_lsn AS decimal(19, 0)) * CAST(1000000000000000000 AS decimal(19, 0)) + _seq"

    /// A list of expressions, indented.
    static func list(_ items: [String], indentation: Int = 8) -> String {
        items.joined(separator: ",\n" + String(repeating: " ", count: indentation))
    }
}

extension TransactionSnapshot {
    /// A condition on `_xid`, the same as ``isVisible(xid:)``.
    fileprivate var isVisible: String {
        let (limit, cycle) = (UInt32(truncatingIfNeeded: xmax), UInt64(1) << 32)
        let before = "mod(\(UInt64(limit) + cycle) - _xid, \(cycle)) BETWEEN 1 AND \(cycle / 2)"
        let running = running.map { UInt32(truncatingIfNeeded: $0) }.sorted().map(String.init)
        return running.isEmpty ? before : before + " AND _xid NOT IN (\(running.joined(separator: ", ")))"
    }
}

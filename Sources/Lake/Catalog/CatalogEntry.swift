import Columnar
import Ingest

/// What the lake says of one table, from which come its two tables in the catalog.
public struct CatalogEntry: Sendable {
    /// The table's name in the lake.
    public var name: String
    /// What a file says of the table.
    public var description: TableDescription
    /// The columns of rows.
    public var rowColumns: [LiveView.Column]
    /// The columns of changes, without those that every change has; empty if there are no changes.
    public var changeColumns: [LiveView.Column]
    /// Whether rows have `_deleted`.
    public var hasDeleted: Bool
    /// Whether rows are known to have `_rescued`.
    public var hasRescued: Bool
    /// Whether rows lie in folders of days.
    public var hasDays: Bool
    /// Whether there is, or may be, a folder of changes.
    public var hasChanges: Bool
    /// The days that have rows, in order.
    public var days: [CalendarDate]
    /// The commit dates that have changes, in order.
    public var changeDays: [CalendarDate]

    /// Describes a table of which nothing is known yet.
    public init(name: String, description: TableDescription) {
        self.name = name
        self.description = description
        rowColumns = []
        changeColumns = []
        hasDeleted = false
        hasRescued = false
        hasDays = description.partition != nil
        hasChanges = false
        days = []
        changeDays = []
    }

    /// What the tables have in common.
    public struct Settings: Sendable {
        /// The lake's address, without a slash at its end.
        public var location: String
        /// How engines find the days.
        public var partitioning: CatalogTable.Partitioning
        /// The codec of files.
        public var compression: String
        /// The present year.
        public var year: Int

        /// Describes what the tables have in common.
        public init(location: String, partitioning: CatalogTable.Partitioning, compression: String, year: Int) {
            self.location = location
            self.partitioning = partitioning
            self.compression = compression
            self.year = year
        }
    }

    /// What the database says about a table.
    public struct Comments: Sendable, Equatable {
        /// About the table.
        public var table: String?
        /// About its columns, by their names in the lake.
        public var columns: [String: String]

        /// Describes comments.
        public init(table: String? = nil, columns: [String: String] = [:]) {
            self.table = table
            self.columns = columns
        }
    }

    /// The tables of the catalog, and what readers of them have to know: each the rest of a sentence about the table.
    public struct Tables: Sendable {
        /// The current rows.
        public var rows: CatalogTable
        /// The changes; nil if there are none.
        public var changes: CatalogTable?
        /// Columns that the catalog cannot have, by their names in the lake.
        public var omitted: [String]
        /// What readers have to know.
        public var warnings: [String]
    }

    /// The tables of the catalog.
    public func tables(_ settings: Settings, comments: Comments = Comments()) -> Tables {
        let rescues = LiveView(of: description, columns: rowColumns, name: name, position: .start).hasRescued
        var own = [LiveView.Column(name: "_lsn", type: "INT64")]
        if hasDeleted { own.append(LiveView.Column(name: "_deleted", type: "BOOLEAN")) }
        if hasRescued || rescues { own.append(LiveView.Column(name: "_rescued", type: "STRING")) }
        own.removeAll { added in rowColumns.contains { $0.name.isSameName(as: added.name) } }
        let rows = CatalogColumns(rowColumns + own, comments: comments.columns)
        var table = CatalogTable(
            name: name,
            source: description.table,
            location: "\(settings.location)/\(name)/",
            columns: rows.columns
        )
        table.comment = comments.table.flatMap(CatalogColumns.comment)
        var tables = Tables(rows: table, changes: nil, omitted: rows.omitted, warnings: rows.warnings)
        if !name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }) {
            tables.warnings.append(
                "is called \(name) in the lake, and Athena promises to take letters, digits and _ only: queries need the name "
                    + "in double quotes, or give the table another with name: before its first export"
            )
        }
        complete(&tables.rows, rows, hasDays ? days : nil, settings, &tables.warnings)
        guard hasChanges else { return tables }
        let changeFields = ChangeSchema.changeFields.map { LiveView.Column(name: $0.name, type: $0.type.parquetText) }
        let all = CatalogColumns(changeFields + changeColumns, comments: comments.columns)
        var changes = CatalogTable(
            name: ChangeFileName.folder(of: name),
            source: description.table,
            location: "\(settings.location)/\(ChangeFileName.folder(of: name))/",
            columns: all.columns
        )
        changes.comment = CatalogColumns.comment("Every change of \(description.table), in commit order")
        complete(&changes, all, changeDays, settings, &tables.warnings)
        tables.changes = changes
        return tables
    }

    /// The last year whose folders have names of as many digits as the others.
    public static let lastYear = 9_999
    /// Above this many years a query without a condition on them looks for very many folders.
    private static let wideSpan = 200

    private func complete(
        _ table: inout CatalogTable,
        _ columns: CatalogColumns,
        _ days: [CalendarDate]?,
        _ settings: Settings,
        _ warnings: inout [String]
    ) {
        table.compression = settings.compression
        table.partitioning = settings.partitioning
        guard let days else { return }
        table.partitionKeys = columns.partitionKeys
        if table.partitionKeys != ["year", "month", "day"] {
            let text =
                "has a column year, month or day of its own, so that those of its folders are called "
                + table.partitionKeys.joined(separator: ", ")
            if !warnings.contains(text) { warnings.append(text) }
        }
        let years = days.map { $0.parts.year }
        let near = years.filter { $0 < Self.lastYear }
        let data = near.min().flatMap { first in near.max().map { first...$0 } }
        let range = CatalogTable.years(of: data, now: settings.year)
        table.years = range
        guard settings.partitioning == .projection else { return }
        if near.count < years.count {
            warnings.append(
                "has rows of years from \(Self.lastYear) on in \(table.name), which projection does not cover: set "
                    + "athena.partitions: registered to see them"
            )
        }
        if range.count > Self.wideSpan {
            warnings.append(
                "has rows from \(range.lowerBound) to \(range.upperBound - 1) in \(table.name), so that queries without a "
                    + "condition on \(table.partitionKeys[0]) are slow: athena.partitions: registered is faster"
            )
        }
    }
}

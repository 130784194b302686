/// What a run has done, one line for each table and one for all, with aligned columns.
public struct SummaryTable: Sendable, Hashable {
    /// What was done for one table.
    public struct Row: Sendable, Hashable {
        /// The table's name as the user knows it.
        public var table: String
        /// Rows written.
        public var rows: Int
        /// Objects written.
        public var files: Int
        /// The size of those objects.
        public var bytes: Int
        /// From the table's first to its last moment of work.
        public var elapsed: Duration

        /// States what was done for one table.
        public init(table: String, rows: Int, files: Int, bytes: Int, elapsed: Duration) {
            self.table = table
            self.rows = rows
            self.files = files
            self.bytes = bytes
            self.elapsed = elapsed
        }
    }

    /// The tables in the order to be shown.
    public var rows: [Row]
    /// The time of the whole run: less than the tables' sum where they were exported at the same time.
    public var elapsed: Duration

    /// Collects the tables of a run.
    public init(rows: [Row], elapsed: Duration) {
        self.rows = rows
        self.elapsed = elapsed
    }

    /// The line over all tables.
    public var total: Row {
        Row(
            table: "total",
            rows: rows.reduce(0) { $0 + $1.rows },
            files: rows.reduce(0) { $0 + $1.files },
            bytes: rows.reduce(0) { $0 + $1.bytes },
            elapsed: elapsed
        )
    }
}

extension SummaryTable: CustomStringConvertible {
    /// The table as text, a newline after each line; names to the left, numbers to the right.
    public var description: String {
        let header = ["table", "rows", "files", "bytes", "seconds", "rows/s"]
        let lines = [header] + (rows + [total]).map(Self.cells)
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let texts = cells.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }
            return texts.joined(separator: "  ") + "\n"
        }.joined()
    }

    private static func cells(of row: Row) -> [String] {
        [
            Escaping.printable(row.table),
            HumanUnits.count(row.rows),
            HumanUnits.count(row.files),
            HumanUnits.bytes(row.bytes),
            HumanUnits.seconds(row.elapsed),
            HumanUnits.rate(row.rows, in: row.elapsed).map(HumanUnits.count) ?? "-",
        ]
    }
}

/// Cells in columns as wide as their widest cell, for people to read.
public struct TextTable: Sendable, Hashable, CustomStringConvertible {
    private let rows: [[String]]
    private let indentation: String

    /// Collects the rows; control characters of their cells are shown as escapes.
    ///
    /// - Parameters:
    ///   - rows: The cells of each row, in the order to be shown.
    ///   - indentation: How many blanks stand before each row.
    public init(_ rows: [[String]], indentation: Int = 0) {
        self.rows = rows.map { $0.map(Escaping.printable) }
        self.indentation = String(repeating: " ", count: indentation)
    }

    /// The rows, a newline after each, without blanks at their ends.
    public var description: String {
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { cells in
            let line = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ")
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            return (end == line.startIndex ? "" : indentation) + line[..<end] + "\n"
        }.joined()
    }
}

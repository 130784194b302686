/// Cells in columns as wide as their widest cell, for people to read.
public struct TextTable: Sendable, Hashable, CustomStringConvertible {
    private let rows: [[String]]
    private let indentation: String
    private let rightAligned: Set<Int>

    /// Collects the rows; control characters of their cells are shown as escapes.
    ///
    /// - Parameters:
    ///   - rows: The cells of each row, in the order to be shown.
    ///   - indentation: How many blanks stand before each row.
    ///   - rightAligned: The columns whose cells end below one another, as numbers do.
    public init(_ rows: [[String]], indentation: Int = 0, rightAligned: Set<Int> = []) {
        self.rows = rows.map { $0.map(Escaping.printable) }
        self.indentation = String(repeating: " ", count: indentation)
        self.rightAligned = rightAligned
    }

    /// How many columns of a terminal a text takes: letters of East Asia and pictures take two.
    public static func width(of text: String) -> Int {
        text.reduce(0) { width, character in
            width + (character.unicodeScalars.first.map(isWide) ?? false ? 2 : 1)
        }
    }

    /// How many columns of a terminal the widest line takes.
    public var width: Int {
        let widths = columnWidths
        return widths.reduce(indentation.count + 2 * max(0, widths.count - 1), +)
    }

    /// The blocks of Unicode's EastAsianWidth.txt that are wide as a whole, and those of pictures.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            true
        default: false
        }
    }

    private var columnWidths: [Int] {
        (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.map { column < $0.count ? Self.width(of: $0[column]) : 0 }.max() ?? 0
        }
    }

    /// The rows, a newline after each, without blanks at their ends.
    public var description: String {
        let widths = columnWidths
        return rows.map { cells in
            let line = zip(cells, widths).enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: cell.1 - Self.width(of: cell.0))
                return rightAligned.contains(column) ? blanks + cell.0 : cell.0 + blanks
            }.joined(separator: "  ")
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            return (end == line.startIndex ? "" : indentation) + line[..<end] + "\n"
        }.joined()
    }
}

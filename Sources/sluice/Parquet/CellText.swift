import Parquet
import Telemetry

/// How values and names look in the cells of a table.
struct CellText {
    /// The greatest width of a cell; `nil` for any.
    var width: Int?

    /// What stands where something was cut off.
    private static let ellipsis = "…"

    /// A value, bytes with `0x` before them.
    func callAsFunction(_ value: ValueText?) -> String {
        guard let value else { return "NULL" }
        return self(value.form == .bytes ? "0x" + value.text : value.text)
    }

    /// A text with its control characters shown as escapes.
    func callAsFunction(_ text: String) -> String {
        guard let width else { return Escaping.printable(text) }
        // One character may have any number of marks, so that not characters are counted first.
        let beginning = text.unicodeScalars.prefix(4 * width)
        let isWhole = beginning.endIndex == text.unicodeScalars.endIndex
        let printable = Escaping.printable(String(beginning))
        if isWhole, TextTable.width(of: printable) <= width { return printable }
        var cut = ""
        var room = width - 1
        for character in printable {
            room -= TextTable.width(of: String(character))
            guard room >= 0 else { break }
            cut.append(character)
        }
        return cut + Self.ellipsis
    }
}

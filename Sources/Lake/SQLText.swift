/// How names and values stand in SQL.
enum SQLText {
    /// A name in double quotes.
    static func identifier(_ name: String) -> String { quoted(name, "\"") }

    /// A text in single quotes.
    static func literal(_ text: String) -> String { quoted(text, "'") }

    /// Works on scalars, as a quote may be part of a character together with what follows it.
    private static func quoted(_ text: String, _ mark: Unicode.Scalar) -> String {
        var quoted = String.UnicodeScalarView([mark])
        for scalar in text.unicodeScalars {
            if scalar == mark { quoted.append(mark) }
            quoted.append(scalar)
        }
        quoted.append(mark)
        return String(quoted)
    }
}

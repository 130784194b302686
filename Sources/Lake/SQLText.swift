/// How names and values stand in SQL.
enum SQLText {
    /// A name in double quotes.
    static func identifier(_ name: String) -> String { quoted(name, "\"") }

    /// A text in single quotes.
    static func literal(_ text: String) -> String { quoted(text, "'") }

    /// A condition without which the query ends with a reason; where it holds, what else there is to hold.
    ///
    /// A text that is no truth value cannot become one, and the engine's error shows it. The value of the row's in it keeps
    /// it from being worked out beforehand, and `CASE` from being tried before the condition.
    static func required(
        _ condition: String,
        then result: String = "true",
        orElse reason: String,
        _ value: String
    ) -> String {
        "CASE WHEN \(condition) THEN \(result) "
            + "ELSE CAST(concat(\(literal(reason + " ")), CAST(\(value) AS varchar)) AS boolean) END"
    }

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

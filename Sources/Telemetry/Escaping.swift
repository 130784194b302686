/// Keeps what comes from outside from breaking a line, a terminal or a JSON object.
public enum Escaping {
    /// The text with control characters, line and paragraph separators written as escapes.
    ///
    /// Escape sequences of terminals begin with a control character, so they are shown instead of obeyed.
    public static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: breaksLines) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            result += breaksLines(scalar) ? escape(scalar) : String(scalar)
        }
        return result
    }

    /// The text as one word: as it is, or in double quotes when it is empty or holds blanks, quotes or equals signs.
    static func word(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && !breaksLines(scalar) && !"\"=\\".unicodeScalars.contains(scalar)
        }
        return isPlain && !text.isEmpty ? text : quoted(text, isJSON: false)
    }

    /// The text as a JSON string with its quotes.
    public static func json(_ text: String) -> String { quoted(text, isJSON: true) }

    private static func quoted(_ text: String, isJSON: Bool) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                result += "\\\(scalar)"
            } else if breaksLines(scalar) {
                result += isJSON ? unicodeEscape(scalar) : escape(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Control characters, U+2028, U+2029 and the marks that turn the direction of writing around.
    private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: unicodeEscape(scalar)
        }
    }

    private static func unicodeEscape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

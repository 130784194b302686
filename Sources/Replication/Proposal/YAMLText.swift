/// Texts in a settings file, as the strict reader takes them back.
enum YAMLText {
    /// A text as the value of a key: plain where that is unmistakable, else in double quotes, and `${` as `$${`.
    static func value(_ text: String) -> String {
        let escaped = text.split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$${")
        return scalar(escaped)
    }

    /// A text as a key, in which variables mean nothing.
    static func key(_ text: String) -> String { scalar(text) }

    private static func scalar(_ text: String) -> String { isPlain(text) ? text : quoted(text) }

    /// Words that stand for something else than themselves.
    private static let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// Letters, digits, dots, hyphens and underlines, beginning with a letter.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, (97...122).contains(first | 0x20), !words.contains(text.lowercased()) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            (97...122).contains(byte | 0x20) || (48...57).contains(byte) || byte == 95 || byte == 45 || byte == 46
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default: quoted += isHidden(scalar) ? escape(scalar) : String(scalar)
            }
        }
        return quoted + "\""
    }

    /// What YAML does not take as it is, what it may take for the end of a line, and what nobody would see.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: true
        default: scalar.value == 0xfeff
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let width = scalar.value > 0xffff ? 8 : 4
        let padded = String(repeating: "0", count: width - digits.utf8.count) + digits
        return (width == 8 ? "\\U" : "\\u") + padded
    }
}

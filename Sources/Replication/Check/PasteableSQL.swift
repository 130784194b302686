/// Names and values in statements that a person is to paste: one line each, whatever they contain.
enum PasteableSQL {
    /// A name in double quotes; with control characters and marks that turn the direction of writing as `U&"…"`.
    static func identifier(_ name: String) -> String { quoted(name, "\"") }

    /// Schema and name.
    static func table(schema: String, name: String) -> String { "\(identifier(schema)).\(identifier(name))" }

    /// A text in single quotes; with such characters as `U&'…'`.
    static func literal(_ text: String) -> String { quoted(text, "'") }

    /// Works on scalars, as a quote may be part of a character together with what follows it.
    private static func quoted(_ text: String, _ mark: Unicode.Scalar) -> String {
        let isPlain = !text.unicodeScalars.contains(where: isHidden)
        var quoted = String.UnicodeScalarView([mark])
        for scalar in text.unicodeScalars {
            if !isPlain, isHidden(scalar) {
                quoted.append(contentsOf: escape(scalar).unicodeScalars)
                continue
            }
            if scalar == mark || !isPlain && scalar == "\\" { quoted.append(scalar) }
            quoted.append(scalar)
        }
        quoted.append(mark)
        return (isPlain ? "" : "U&") + String(quoted)
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let width = scalar.value > 0xffff ? 6 : 4
        let padded = String(repeating: "0", count: width - digits.utf8.count) + digits
        return (width == 6 ? "\\+" : "\\") + padded
    }
}

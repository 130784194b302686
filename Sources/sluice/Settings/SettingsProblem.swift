import Telemetry

/// One thing in a settings file that cannot be taken.
///
/// Never holds a secret: `found` is the file's own text, with variables as they are written there, and of the database's
/// URL and the salt of masks nothing at all.
struct SettingsProblem: Hashable, Sendable {
    var position: SettingsPosition
    /// Where in the tree of keys, `tables[1].columns.amount.as`; empty for the file as a whole.
    var keyPath: String
    var found: String
    var allowed: String
    var suggestion: String?
}

/// A place in a file, both numbers from 1.
struct SettingsPosition: Hashable, Sendable, Comparable {
    var line: Int
    var column: Int

    static func < (left: SettingsPosition, right: SettingsPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

extension SettingsProblem: CustomStringConvertible {
    var description: String {
        let subject = keyPath.isEmpty ? "" : "\(Escaping.printable(Redaction.redacted(keyPath))): "
        let hint = suggestion.map { "; did you mean \(Escaping.printable(Redaction.redacted($0)))?" } ?? ""
        return "\(subject)found \(found), allowed: \(allowed)\(hint)"
    }
}

/// Why settings were refused: every problem at once, each with its place and what is allowed there.
struct SettingsError: Error, Hashable, CustomStringConvertible {
    /// One sentence for each problem, beginning with the place.
    var problems: [String]

    /// States problems that have no place in a file.
    init(_ problems: [String]) {
        self.problems = problems
    }

    /// Lists a file's problems from top to bottom.
    init(file: String, problems: [SettingsProblem]) {
        let ordered = problems.sorted { $0.position < $1.position }
        self.problems = ordered.map { "\(file):\($0.position.line):\($0.position.column): \($0)" }
    }

    var description: String { problems.joined(separator: "\n") }
}

import Foundation
import Replication
import Telemetry

/// What `sluice check` prints.
struct CheckReport {
    /// How the text looks.
    struct Style {
        /// The columns that a line may take; nil for as many as it needs.
        var width: Int?
        var hasColour = false

        /// For a file or a program.
        init() {}

        /// For whoever looks; colours only on a terminal, and not where `NO_COLOR` is set.
        init(isTerminal: Bool, environment: [String: String]) {
            guard isTerminal else { return }
            width = max(Self.leastWidth, LineOutput.standardOutputWidth)
            hasColour = (environment["NO_COLOR"] ?? "").isEmpty
        }

        private static let leastWidth = 60
    }

    let findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = findings
    }

    /// Whether anything keeps sluice from working.
    var hasFailures: Bool { findings.contains { $0.status == .fail } }

    // MARK: - Text

    private static let statusWidth = 4
    private static let mostNameWidth = 28

    /// The findings by group, each with what puts it right, and a line that counts them.
    func text(_ style: Style) -> String {
        var text = ""
        let names = findings.map { min(TextTable.width(of: name(of: $0)), Self.mostNameWidth) }
        let nameWidth = names.max() ?? 0
        for group in Finding.Group.allCases {
            let members = findings.filter { $0.group == group }
            guard !members.isEmpty else { continue }
            text += "\(colour(group.rawValue, "1", style))\n"
            for finding in members { text += lines(of: finding, nameWidth, style) }
            text += "\n"
        }
        return text + summary(style) + "\n"
    }

    /// What stands before the names of things that are no tables.
    private static let kinds = [
        "publication": "publication ", "slot": "slot ", "checkpoint": "slot ", "other_slots": "slot ",
    ]

    private func name(of finding: Finding) -> String {
        guard let subject = finding.subject else { return finding.check }
        return Escaping.printable((Self.kinds[finding.check] ?? "") + subject)
    }

    private func lines(of finding: Finding, _ nameWidth: Int, _ style: Style) -> String {
        let name = name(of: finding)
        let padding = String(repeating: " ", count: max(0, nameWidth - TextTable.width(of: name)))
        let status = colour(finding.status.rawValue, Self.code(of: finding.status), style)
        let gap = String(repeating: " ", count: Self.statusWidth - finding.status.rawValue.utf8.count)
        let margin = 2 + Self.statusWidth + 2 + nameWidth + 2
        let indentation = String(repeating: " ", count: margin)
        // A name that is too long has its line for itself.
        let isLong = TextTable.width(of: name) > nameWidth
        let message = Self.wrapped(Escaping.printable(finding.message), style.width.map { max(20, $0 - margin) })
        var text = "  \(status)\(gap)  \(name)\(padding)" + (isLong ? "\n\(indentation)" : "  ")
        text += message.joined(separator: "\n\(indentation)") + "\n"
        for remedy in finding.remedies {
            // Whole, however long: it is to be pasted.
            text += "\(indentation)\(colour(Self.text(of: remedy), "36", style))\n"
        }
        return text
    }

    private static func text(of remedy: Remedy) -> String {
        let text = Escaping.printable(remedy.text)
        return switch remedy.kind {
        case .sql, .shell: text
        case .settings: "\(text)  # in the settings"
        case .advice: "-- \(text)"
        }
    }

    private func summary(_ style: Style) -> String {
        func count(_ status: Finding.Status) -> Int { findings.count { $0.status == status } }
        let (warnings, failures) = (count(.warn), count(.fail))
        let text =
            "\(count(.ok)) ok, \(HumanUnits.count(warnings, of: "warning")), \(HumanUnits.count(failures, of: "failure"))"
        return colour(text, failures > 0 ? "31" : warnings > 0 ? "33" : "32", style)
    }

    /// The number of a colour in the control sequence "select graphic rendition".
    private static func code(of status: Finding.Status) -> String {
        switch status {
        case .ok: "32"
        case .warn: "33"
        case .fail: "1;31"
        }
    }

    private func colour(_ text: String, _ code: String, _ style: Style) -> String {
        style.hasColour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    /// The words in lines of a width; a longer word has a line for itself.
    private static func wrapped(_ text: String, _ width: Int?) -> [String] {
        guard let width else { return [text] }
        var lines: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if let last = lines.last, TextTable.width(of: last) + 1 + TextTable.width(of: String(word)) <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    // MARK: - JSON

    /// The findings for programs.
    ///
    /// - Returns: A JSON object without a final newline.
    /// - Throws: An encoding error, which no finding can cause.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Document(findings)), as: UTF8.self)
    }

    private struct Document: Encodable {
        struct Check: Encodable {
            let group: String
            let check: String
            let subject: String?
            let status: String
            let message: String
            let remedies: [Step]

            enum CodingKeys: String, CodingKey {
                case group, check, subject, status, message, remedies
            }

            /// Writes every key, also that of a subject that is absent.
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(group, forKey: .group)
                try container.encode(check, forKey: .check)
                try container.encode(subject, forKey: .subject)
                try container.encode(status, forKey: .status)
                try container.encode(message, forKey: .message)
                try container.encode(remedies, forKey: .remedies)
            }
        }

        struct Step: Encodable {
            let kind: String
            let text: String
        }

        let checks: [Check]
        let ok: Int
        let warnings: Int
        let failures: Int

        init(_ findings: [Finding]) {
            checks = findings.map { finding in
                Check(
                    group: finding.group.rawValue.lowercased(),
                    check: finding.check,
                    subject: finding.subject,
                    status: finding.status.rawValue,
                    message: finding.message,
                    remedies: finding.remedies.map { Step(kind: $0.kind.rawValue, text: $0.text) }
                )
            }
            ok = findings.count { $0.status == .ok }
            warnings = findings.count { $0.status == .warn }
            failures = findings.count { $0.status == .fail }
        }
    }
}

import Telemetry
import Yams

/// A file being read: the variables it may use and the problems found so far.
///
/// Reading goes on after a problem, so that all are found in one pass. Confined to the task that reads.
final class SettingsDocument {
    /// The variables for `${NAME}`.
    let expansion: VariableExpansion
    private(set) var problems: [SettingsProblem] = []

    init(environment: [String: String]) {
        expansion = VariableExpansion(environment: environment)
    }

    /// Notes a problem of a node.
    func refuse(
        _ node: Node,
        at keyPath: String,
        found: String? = nil,
        allowed: String,
        suggestion: String? = nil,
        remark: String? = nil
    ) {
        let problem = SettingsProblem(
            position: Self.position(of: node),
            keyPath: keyPath,
            found: (found ?? Self.describe(node, at: keyPath)) + (remark.map { ", \($0)" } ?? ""),
            allowed: allowed,
            suggestion: suggestion
        )
        problems.append(problem)
    }

    /// The root of the text's tree, or nil for an empty text; what is no YAML becomes a problem.
    func root(of text: String) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            refuse(error)
        } catch {
            refuse(at: nil, found: "no YAML")
        }
        return nil
    }

    static func position(of node: Node) -> SettingsPosition {
        SettingsPosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    /// What a node is, in words that show no secret.
    static func describe(_ node: Node, at keyPath: String) -> String {
        let secrets = [Settings.Key.database.rawValue, Settings.Key.maskSalt.rawValue]
        let isSecret = secrets.contains(keyPath) || keyPath.hasPrefix("database.")
        switch node {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .alias: return "an alias"
        case .scalar(let scalar):
            let kind = kind(of: node)
            if kind == .null { return "nothing" }
            if isSecret { return "a text that is not shown" }
            return kind == .text ? quoted(scalar.string) : "the \(kind.rawValue) \(scalar.string)"
        }
    }

    /// The text in quotes, without secrets, control characters and undue length.
    static func quoted(_ text: String) -> String {
        let shown = Escaping.printable(Redaction.redacted(text))
        return "\"\(shown.count > 80 ? shown.prefix(77) + "…" : shown[...])\""
    }

    /// What a scalar stands for by the rules of YAML.
    enum Kind: String {
        case text, number, boolean
        case null = "nothing"
    }

    /// The kind of a scalar; a date is a text, and so is everything in quotes.
    static func kind(of node: Node) -> Kind {
        switch node.tag {
        case .init(.null): .null
        case .init(.bool): .boolean
        case .init(.int), .init(.float): .number
        default: .text
        }
    }
}

// MARK: - Errors of the YAML parser

extension SettingsDocument {
    /// Takes place and reason over.
    ///
    /// The parser's full text also quotes the line, which may hold a password.
    private func refuse(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            refuse(at: mark, found: "no valid YAML (\(problem))")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().map(Self.quoted).joined(separator: ", ")
            refuse(at: context.mark, found: "\(keys) more than once in one mapping", allowed: "each key once")
        case .reader(let problem, _, _, _):
            refuse(at: nil, found: "no valid YAML (\(problem))")
        default:
            refuse(at: nil, found: "no valid YAML")
        }
    }

    private func refuse(at mark: Mark?, found: String, allowed: String = "YAML") {
        let position = SettingsPosition(line: mark?.line ?? 1, column: mark?.column ?? 1)
        problems.append(SettingsProblem(position: position, keyPath: "", found: found, allowed: allowed))
    }
}

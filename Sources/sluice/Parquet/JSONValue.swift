import Telemetry

/// JSON whose members keep their order, and whose numbers keep their digits.
indirect enum JSONValue {
    case object([(String, JSONValue)])
    case array([JSONValue])
    case string(String)
    /// Characters that are JSON already.
    case literal(String)

    static let null = JSONValue.literal("null")

    static func number(_ value: Int) -> JSONValue { .literal("\(value)") }

    static func bool(_ value: Bool) -> JSONValue { .literal("\(value)") }

    static func optional<Value>(_ value: Value?, _ make: (Value) -> JSONValue) -> JSONValue {
        value.map(make) ?? .null
    }

    /// The text: objects take a line for each member, arrays of single values one line.
    var text: String { text(indentation: "") }

    private func text(indentation: String) -> String {
        let below = indentation + "  "
        switch self {
        case .literal(let text): return text
        case .string(let text): return Escaping.json(text)
        case .object(let members):
            let lines = members.map { "\(Escaping.json($0)): \($1.text(indentation: below))" }
            return Self.block("{", lines, "}", indentation)
        case .array(let values):
            let texts = values.map { $0.text(indentation: below) }
            return values.contains(where: \.isNested)
                ? Self.block("[", texts, "]", indentation) : "[\(texts.joined(separator: ", "))]"
        }
    }

    private var isNested: Bool {
        switch self {
        case .object, .array: true
        case .string, .literal: false
        }
    }

    private static func block(_ start: String, _ lines: [String], _ end: String, _ indentation: String) -> String {
        guard !lines.isEmpty else { return start + end }
        return "\(start)\n" + lines.map { "\(indentation)  \($0)" }.joined(separator: ",\n") + "\n\(indentation)\(end)"
    }
}

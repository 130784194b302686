/// Puts environment variables into a text: `${NAME}` is replaced, `$${` stands for `${` itself.
struct VariableExpansion: Sendable {
    /// The variables that may be used.
    let environment: [String: String]

    /// Why a text cannot be expanded; names variables, never their values.
    struct Failure: Error, Hashable {
        /// Variables that are not set, in the order of their use.
        var missing: [String] = []
        /// Whether a `${` is not followed by a name and `}`.
        var isMalformed = false
    }

    /// Whether the text asks for any replacement.
    static func isNeeded(in text: String) -> Bool { text.contains("${") }

    /// Replaces every variable; values are not expanded again.
    func expand(_ text: String) throws(Failure) -> String {
        var failure = Failure()
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                let name = rest.dropFirst(2).prefix { $0 != "}" }
                guard Self.isName(name), name.endIndex < rest.endIndex else {
                    failure.isMalformed = true
                    break
                }
                if let value = environment[String(name)] {
                    result += value
                } else {
                    failure.missing.append(String(name))
                }
                rest = rest[rest.index(after: name.endIndex)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        if failure.isMalformed || !failure.missing.isEmpty { throw failure }
        return result + rest
    }

    private static func isName(_ text: Substring) -> Bool {
        let isLetter = { (character: Character) in character.isASCII && (character.isLetter || character == "_") }
        guard let first = text.first, isLetter(first) else { return false }
        return text.allSatisfy { isLetter($0) || ($0.isASCII && $0.isNumber) }
    }
}

/// Splits a command line into words as a POSIX shell does, without its other powers.
///
///     word   = (plain | "\" any | "'" text "'" | '"' (text | '\"' | '\\') '"')+
///
/// Nothing is expanded: no variable, no `~`, no pattern, no command in a command, and `;` or `|` is a character like
/// any other.
enum CommandWords {
    /// Returns the words; throws when a quote is not closed or there is no word.
    static func split(_ line: String) throws(AWSError) -> [Secret] {
        var words: [String] = []
        var word: String?
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "'":
                word = (word ?? "") + (try quoted(&rest))
            case "\"":
                word = (word ?? "") + (try doubleQuoted(&rest))
            case "\\":
                guard let next = rest.popFirst() else { throw unfinished("ends with a backslash") }
                word = (word ?? "") + String(next)
            case _ where character.isWhitespace:
                if let finished = word.take() { words.append(finished) }
            default:
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        guard let program = words.first, !program.isEmpty else { throw unfinished("names no program") }
        guard !line.utf8.contains(0) else { throw unfinished("contains a NUL character") }
        return words.map(Secret.init)
    }

    private static func quoted(_ rest: inout Substring) throws(AWSError) -> String {
        guard let end = rest.firstIndex(of: "'") else { throw unfinished("has a quote that is not closed") }
        let text = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        return text
    }

    private static func doubleQuoted(_ rest: inout Substring) throws(AWSError) -> String {
        var text = ""
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                rest.removeFirst()
                text.append(next)
            } else {
                text.append(character)
            }
        }
        throw unfinished("has a quote that is not closed")
    }

    private static func unfinished(_ reason: String) -> AWSError {
        AWSError(.credentialsFailed, detail: reason)
    }
}

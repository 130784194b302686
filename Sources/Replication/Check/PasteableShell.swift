/// Words in commands that a person is to paste into a shell.
enum PasteableShell {
    /// Besides letters and digits, what no shell gives a meaning within a word.
    private static let plainMarks = Set("-_./:@%+,".utf8)

    /// One word in single quotes, in which a shell gives nothing a meaning.
    static func word(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// A command; words that a shell would take apart are quoted.
    static func command(_ words: [String]) -> String {
        words.map { isPlain($0) ? $0 : word($0) }.joined(separator: " ")
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte)
                    || plainMarks.contains(byte)
            }
    }
}

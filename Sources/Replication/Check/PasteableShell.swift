/// Words in commands that a person is to paste into a shell.
enum PasteableShell {
    /// One word in single quotes, in which a shell gives nothing a meaning.
    static func word(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

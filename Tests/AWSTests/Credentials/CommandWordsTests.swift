import Testing

@testable import AWS

@Suite("Splitting a command line")
struct CommandWordsTests {
    @Test(
        "words are split and quoted as in a shell, and nothing is expanded",
        arguments: [
            ("a b  c\t d ", ["a", "b", "c", "d"]),
            ("'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]),
            ("a'b'\"c\"d", ["abcd"]),
            ("p '' \"\"", ["p", "", ""]),
            (#"p "a\"b\\c\d" 'x\y'"#, ["p", #"a"b\c\d"#, #"x\y"#]),
            ("p $HOME ~ * ; | & > x `id` $(id)", ["p", "$HOME", "~", "*", ";", "|", "&", ">", "x", "`id`", "$(id)"]),
            ("p # no comment", ["p", "#", "no", "comment"]),
        ]
    )
    func words(line: String, words: [String]) throws {
        #expect(try CommandWords.split(line).map(\.exposed) == words)
    }

    @Test(
        "an open quote and a line without a program are refused",
        arguments: ["p 'a", "p \"a", "p \\", "", " ", "''"]
    )
    func refused(line: String) {
        #expect(throws: AWSError.self) { try CommandWords.split(line) }
    }
}

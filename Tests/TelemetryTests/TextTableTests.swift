import Telemetry
import Testing

@Suite
struct TextTableTests {
    @Test
    func `columns are as wide as their widest cell and lines end without blanks`() {
        let table = TextTable([["a", "b", "c"], ["long", "", "x"], ["q", "wide"]], indentation: 2)
        #expect("\(table)" == "  a     b     c\n  long        x\n  q     wide\n")
    }

    @Test
    func `control characters are shown and an empty table is nothing`() {
        #expect("\(TextTable([["\u{1b}[2J"]]))" == "\\u001b[2J\n")
        #expect("\(TextTable([]))".isEmpty)
        #expect("\(TextTable([[""]], indentation: 2))" == "\n")
    }
}

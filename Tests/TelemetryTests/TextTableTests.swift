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

    @Test
    func `numbers end below one another`() {
        let table = TextTable([["a", "n"], ["b", "10"], ["c", "1,000"]], rightAligned: [1])
        #expect("\(table)" == "a      n\nb     10\nc  1,000\n")
        #expect(table.width == 8)
    }

    @Test
    func `letters of East Asia and pictures take two columns`() {
        #expect("\(TextTable([["長い", "x"], ["long", "x"], ["🚀", "x"]]))" == "長い  x\nlong  x\n🚀    x\n")
    }
}

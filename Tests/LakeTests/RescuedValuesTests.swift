import Ingest
import Lake
import Testing

@Suite
struct RescuedValuesTests {
    private static func read(_ json: [UInt8]) -> RescuedValues? {
        json.withUnsafeBytes { RescuedValues(json: $0) }
    }

    private static func read(_ json: String) -> RescuedValues? { read(Array(json.utf8)) }

    @Test
    func `what was written is read back byte by byte`() throws {
        let texts: [[UInt8]] = [
            [], Array("NaN".utf8), Array(0...0x7f), Array("é e\u{301} \u{10ffff} \u{2028}".utf8),
            Array(#"{"a":"b"}\u"#.utf8),
            [0xff, 0xc3, 0x22, 0x5c, 0x80],
        ]
        let names = ["a", "\"q\"\\", "tab\t", "é", "e\u{301}", "\u{1f600}"]
        let values = RescuedValues(zip(names, texts).map { ($0, $1) })
        let back = try #require(Self.read(values.json()))
        #expect(back.values.map(\.column.utf8).map(Array.init) == names.map { Array($0.utf8) })
        #expect(back.values.map(\.text) == texts)
        #expect(back.json() == values.json())
    }

    @Test
    func `escapes and white space are read in every form that JSON has`() throws {
        let json = " {\t\"a\" :\r\n\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\uD83D\\ude00\\u0000\" , \"\":\"\"} "
        let values = try #require(Self.read(json))
        #expect(values.values.map(\.column) == ["a", ""])
        #expect(values.values[0].text == Array("\"\\/\u{8}\u{c}\n\r\té€😀\0".utf8))
        #expect(try #require(Self.read("{}")).isEmpty)
    }

    @Test(
        arguments: [
            "", "{", "}", "[]", "{}{}", "{} x", "null", #""a""#, #"{"a"}"#, #"{"a":}"#, #"{"a":1}"#, #"{"a":null}"#,
            #"{"a":{}}"#, #"{"a":"b",}"#, #"{,"a":"b"}"#, #"{"a":"b" "c":"d"}"#, #"{"a":"b"#, #"{"a":"b\"}"#,
            #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\ud83d"}"#, #"{"a":"\ud83dx"}"#,
            #"{"a":"\ud83d\u0041"}"#, #"{"a":"\ude00"}"#, "{\"a\":\"\n\"}", #"{'a':'b'}"#, #"{"a":"1","a":"2"}"#,
            #"{"a":nul"#, #"{"a":"b"#,
        ]
    )
    func `anything else is refused`(json: String) {
        #expect(Self.read(json) == nil)
    }

    @Test
    func `every beginning of an object is refused`() {
        let json = RescuedValues([("a", Array("x\n\"".utf8)), ("é", [0xc3, 0xa9])]).json()
        for length in 0..<json.count { #expect(Self.read(Array(json.prefix(length))) == nil) }
    }

    @Test
    func `names that are not UTF-8 name no column`() {
        #expect(Self.read(Array("{\"".utf8) + [0xff] + Array("\":\"\"}".utf8)) == nil)
    }

    @Test
    func `some columns' values are taken in the order of the columns`() throws {
        let values = RescuedValues([("a", [1]), ("é", [2]), ("c", [3])])
        let subset = values.subset(of: ["c", "b", "a", "e\u{301}"])
        #expect(subset.values.map(\.column) == ["c", "a"] && subset.values.map(\.text) == [[3], [1]])
        #expect(values.text(of: "é") == [2] && values.text(of: "e\u{301}") == nil)
    }

    @Test
    func `merging takes the other's value of a column in both`() {
        let values = RescuedValues([("a", [1]), ("b", [2])]).merging(RescuedValues([("c", [3]), ("a", [4])]))
        #expect(values.values.map(\.column) == ["b", "c", "a"])
        #expect(values.values.map(\.text) == [[2], [3], [4]])
        #expect(RescuedValues().merging(RescuedValues()).isEmpty)
    }
}

import AWS
import Testing

@Suite
struct ExactJSONTests {
    private func read(_ text: String) throws -> ExactJSON { try ExactJSON(Array(text.utf8)) }

    @Test(arguments: [
        #"{"b":1.50,"a":[1e400,-0.0,12345678901234567890123],"c":null,"d":true}"#, #""\u0001é\"\\""#, "[]", "{}", "0",
        #"{"same":1,"same":2}"#,
    ])
    func `what is read is written as it was`(text: String) throws {
        #expect(String(decoding: try read(text).bytes, as: UTF8.self) == text)
    }

    @Test
    func `escapes are characters, halves of one included`() throws {
        #expect(try read(#""\ud83d\ude00\/\n\u00e9""#) == .string("😀/\né"))
        #expect(try read(#""\ud83dx""#).text?.hasSuffix("x") == true)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":}", "01", "1.", "-", "\"", "\"\\x\"", "\"\\u12\"", "tru", "nul", "1 2", "{1:2}",
        "\"\u{1}\"",
        "+1", ".5", "[1 2]",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: ExactJSON.Malformed.self) { try read(text) }
    }

    @Test
    func `depth has a bound`() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: ExactJSON.Malformed.self) { try read(deep) }
    }

    @Test
    func `a member is changed in its place and removed by nil`() throws {
        var value = try read(#"{"a":1,"b":{"c":2}}"#)
        value["a"] = "x"
        value["d"] = 3
        value["b"] = nil
        #expect(String(decoding: value.bytes, as: UTF8.self) == #"{"a":"x","d":3}"#)
    }
}

import AWS
import Testing

@Suite("XML reader")
struct XMLReaderTests {
    private func parse(_ text: String, limit: Int = 10_000) throws -> XMLElement {
        try XMLElement.parse(Array(text.utf8), sizeLimit: limit)
    }

    @Test("reads elements by their local names, text, references and character data")
    func document() throws {
        let root = try parse(
            """
            \u{FEFF}<?xml version="1.0"?>
            <!-- <not> this -->
            <s3:Error xmlns:s3="urn:x" a='>'><Code>No&amp;Such&#x4b;&#101;y</Code><Empty/>
            <Text><![CDATA[<&>]]>&lt;</Text></s3:Error>
            """
        )
        #expect(root.name == "Error")
        #expect(root["Code"]?.text == "No&SuchKey")
        #expect(root["Empty"]?.text == "")
        #expect(root["Text"]?.text == "<&><")
        #expect(root["Absent"] == nil)
    }

    @Test(
        "refuses what is not a plain document",
        arguments: [
            "", "text", "<a>", "<a></b>", "</a>", "<a", "<a><b></a></b>", "<a>&unknown;</a>", "<a>&#xFFFFFFF;</a>",
            "<>",
            "<a>&amp</a>", "<a x=\"1></a>", "<![CDATA[x]]>", "<!-- x", "<?xml", "<a>&#xD800;</a>", "<a/>rest",
        ]
    )
    func malformed(text: String) {
        #expect(throws: AWSError.self) { try parse(text) }
    }

    @Test("refuses a document type, and with it every bomb of entities")
    func documentType() {
        let bomb = """
            <?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]><a>&lol2;</a>
            """
        #expect(throws: AWSError.self) { try parse(bomb) }
        #expect(throws: AWSError.self) { try parse("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>") }
    }

    @Test("limits size, depth and the number of elements")
    func limits() throws {
        let deep = String(repeating: "<a>", count: 33) + String(repeating: "</a>", count: 33)
        #expect(throws: AWSError.self) { try parse(deep) }
        let allowed = String(repeating: "<a>", count: 32) + String(repeating: "</a>", count: 32)
        #expect(throws: Never.self) { try parse(allowed) }
        #expect(throws: AWSError.self) { try parse("<a>\(String(repeating: "x", count: 100))</a>", limit: 50) }
        let many = "<a>" + String(repeating: "<b/>", count: 60_000) + "</a>"
        #expect(throws: AWSError.self) { try parse(many, limit: 1 << 20) }
    }

    @Test("a document cut anywhere is refused, never trapped on")
    func truncation() {
        let text = "<?xml version=\"1.0\"?><a b=\"c\"><!-- d --><e>f&amp;g</e><![CDATA[h]]><i/></a>"
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            #expect(throws: AWSError.self) { try XMLElement.parse(Array(bytes[..<count]), sizeLimit: 1000) }
        }
        #expect(throws: Never.self) { try XMLElement.parse(bytes, sizeLimit: 1000) }
    }
}

import Ingest
import Testing

@Suite
struct JSONTextTests {
    @Test
    func `members are texts or nothing, in their order`() throws {
        let members = try #require(JSONText.members(of: Array(#"{"b": null ,"a":"\n","b":"null"}"#.utf8)))
        #expect(members.map(\.name) == [Array("b".utf8), Array("a".utf8), Array("b".utf8)])
        #expect(members.map(\.text) == [nil, [0x0a], Array("null".utf8)])
    }

    @Test(arguments: [#"{"a":"\qnull}"#, #"{"a":"\q":null}"#, #"{"a":nullnull}"#, #"{null:"a"}"#, #"{"a":NULL}"#])
    func `what is malformed is not read on`(json: String) {
        #expect(JSONText.members(of: Array(json.utf8)) == nil)
    }
}

import Testing

@testable import sluice

@Suite
struct VariableExpansionTests {
    let expansion = VariableExpansion(environment: ["A": "1", "B_2": "${A}", "EMPTY": ""])

    @Test(arguments: [
        ("", ""), ("plain $ and $A", "plain $ and $A"), ("${A}", "1"), ("x${A}y${A}", "x1y1"), ("${B_2}", "${A}"),
        ("[${EMPTY}]", "[]"), ("$${A}", "${A}"), ("$$", "$$"), ("$$${A}", "$${A}"), ("cost: 5$", "cost: 5$"),
    ])
    func `variables are replaced once and other dollars stay`(text: String, result: String) throws {
        #expect(try expansion.expand(text) == result)
    }

    @Test
    func `every missing variable is named`() {
        #expect(throws: VariableExpansion.Failure(missing: ["X", "Y"])) { try expansion.expand("${X}${A}${Y}") }
    }

    @Test(arguments: ["${", "${}", "${A", "${1}", "${A-B}", "${A:-x}", "${Ä}"])
    func `what only looks like a variable is refused`(text: String) {
        #expect(throws: VariableExpansion.Failure(isMalformed: true)) { try expansion.expand(text) }
    }
}

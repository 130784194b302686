import PostgresWire
import Testing

@testable import Replication

@Suite
struct MaskedNamesTests {
    private func check(
        _ columns: Set<String>,
        present: Set<String>,
        known: Set<String> = [],
        masks: Set<String> = ["email"],
        excluded: Set<String> = [],
        pattern: String = "t"
    ) throws {
        let masks = Dictionary(uniqueKeysWithValues: masks.map { ($0, Mask.sha256) })
        let options = TableOptions(excludedColumns: excluded, masks: masks)
        let rule = TableRule(pattern: try TablePattern(pattern), options: options)
        try MaskedNames(rule: rule, table: "t").check(columns, present: present, known: known)
    }

    private func refusal(_ work: () throws -> Void) -> String {
        #expect(throws: ReplicationError.self) { try work() }?.description ?? ""
    }

    @Test
    func `what is there is masked, whatever else there is`() throws {
        try check(["id", "email"], present: ["id"])
        try check(["id", "email", "new"], present: ["id", "email", "new"], known: ["id", "email"])
    }

    @Test
    func `a name that the table never had is a mistake, but not under a pattern`() throws {
        let text = refusal { try check(["id", "mail"], present: ["id", "mail"], known: ["id", "mail"]) }
        #expect(text == "table t has no column email, which is to be masked; correct mask in its settings")
        try check(["id", "mail"], present: ["id", "mail"], known: ["id", "mail"], pattern: "public.*")
    }

    @Test(arguments: ["t", "public.*"])
    func `a new column may be the one that has gone`(pattern: String) throws {
        let known: Set = ["id", "email"]
        let text = refusal { try check(["id", "mail"], present: ["id", "mail"], known: known, pattern: pattern) }
        #expect(text.hasPrefix("table t has a column mail and no longer email, which is to be masked: "))
        // As soon as it is masked, or left out, or was there before, it cannot.
        try check(["id", "mail"], present: ["id", "mail"], known: known, masks: ["email", "mail"], pattern: pattern)
        try check(["id", "mail"], present: ["id", "mail"], known: known, excluded: ["mail"], pattern: pattern)
        try check(["id"], present: ["id"], known: known, pattern: pattern)
        try check(["id", "mail"], present: ["id", "mail"], known: ["id", "email", "mail"], pattern: pattern)
    }

    @Test
    func `a column that has gone since may be the one that is there now`() throws {
        let known: Set = ["id", "mail"]
        let text = refusal { try check(["id", "mail"], present: ["id", "email"], known: known) }
        #expect(text.hasPrefix("table t had a column mail before it had email, which is to be masked: "))
        try check(["id", "mail"], present: ["id", "email"], known: known, masks: ["email", "mail"])
        // One that was added, or that is not published.
        try check(["id", "mail"], present: ["id", "mail", "email"], known: known)
    }
}

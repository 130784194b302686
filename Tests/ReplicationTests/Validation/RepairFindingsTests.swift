import Testing

@testable import Replication

@Suite
struct RepairFindingsTests {
    private func finding(
        _ kind: ValidationFinding.Kind,
        _ day: String?,
        _ severity: ValidationFinding.Severity = .failure
    ) -> ValidationFinding {
        ValidationFinding(severity, kind, table: "t", day: day, "text")
    }

    @Test
    func `a day that was exported again is repaired when nothing is wrong with it`() {
        let exported = [finding(.damaged, "2026-01-01"), finding(.missing, "2026-01-02")]
        let settled = ValidationFinding.settled(exported, by: [finding(.schema, "2026-01-02")])
        #expect(settled.map(\.day) == ["2026-01-01"] && settled.allSatisfy(\.isRepaired))
    }

    @Test(arguments: [ValidationFinding.Kind.uncompared, .table])
    func `no day is repaired of a table that could not be looked at again`(kind: ValidationFinding.Kind) {
        let settled = ValidationFinding.settled([finding(.differs, "2026-01-01")], by: [finding(kind, nil)])
        #expect(settled == [finding(.differs, "2026-01-01")])
    }

    @Test
    func `what another look finds of days that were exported again is kept`() {
        let looked = [finding(.schema, "2026-01-01"), finding(.size, "2026-01-01", .warning)]
        let exported = [finding(.damaged, "2026-01-01")]
        for compared in [nil, exported] {
            let found = ValidationFinding.list(looked, sinceExporting: exported, compared: compared)
            #expect(found == looked)
        }
    }

    @Test
    func `what rows have shown of other days goes on to hold`() {
        let looked = [finding(.missing, "2026-01-02", .warning), finding(.damaged, "2026-01-04")]
        let exported = [finding(.differs, "2026-01-01")]
        let compared = exported + [finding(.uncompared, "2026-01-03"), finding(.schema, "2026-01-03")]
        let found = ValidationFinding.list(looked, sinceExporting: exported, compared: compared)
        #expect(found == [finding(.damaged, "2026-01-04"), finding(.uncompared, "2026-01-03")])
    }
}

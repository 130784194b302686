import Foundation
import Testing

@testable import Replication

@Suite
struct ValidationReportTests {
    private func report(_ findings: [ValidationFinding], isDeep: Bool = true, repairs: Bool = false) -> ValidationReport
    {
        var table = ValidationReport.Table(name: "invoices", source: "public.invoices", isStreamed: true)
        (table.fileCount, table.rowCount, table.byteCount, table.comparedDays) = (2, 1_234, 4_096, isDeep ? 2 : nil)
        return ValidationReport(
            lake: "lake",
            isDeep: isDeep,
            repairs: repairs,
            tables: [table],
            findings: findings,
            elapsed: .seconds(1)
        )
    }

    private func finding(
        _ kind: ValidationFinding.Kind,
        _ day: String,
        _ severity: ValidationFinding.Severity = .failure,
        isRepaired: Bool = false
    ) -> ValidationFinding {
        var finding = ValidationFinding(severity, kind, table: "invoices", day: day, file: "f", "rows are lost")
        finding.isRepaired = isRepaired
        return finding
    }

    @Test
    func `a lake that agrees says so in its last line`() {
        let report = report([])
        #expect(report.isRight)
        #expect(
            report.description == """
                table     days   rows     size  compared  result
                invoices     2  1,234  4.0 KiB    2 days  ok

                1 table, 2 days, 1,234 rows: database and lake agree

                """
        )
        #expect(
            self.report([], isDeep: false).conclusion.hasSuffix("nothing is missing; --deep compares the rows as well")
        )
    }

    @Test
    func `what is said of several days is one line, and the last line says what to do`() {
        let report = report([
            finding(.missing, "2026-01-01"), finding(.missing, "2026-01-02"), finding(.size, "all", .warning),
        ])
        #expect(!report.isRight)
        let lines = report.description.split(separator: "\n")
        #expect(lines[1].hasSuffix("FAILED (2), 1 warning"))
        #expect(lines[2] == "FAIL  invoices  2026-01-01 and 1 more  rows are lost (also 2026-01-02)")
        #expect(lines.last == "2 failures; run the same command with --repair, which exports 2 days again")
    }

    @Test
    func `days that were repaired do not count, and those that could not be compared do`() {
        let repaired = report([finding(.differs, "2026-01-01", isRepaired: true)], repairs: true)
        #expect(repaired.isRight)
        #expect(repaired.conclusion.hasSuffix("database and lake agree after 1 day exported again"))
        let uncompared = report([finding(.uncompared, "2026-01-01")])
        #expect(!uncompared.isRight)
        #expect(uncompared.conclusion == "1 failure; 1 could not be compared, for the reasons above")
    }

    @Test
    func `the JSON has a finding for each day`() throws {
        let json = try report([finding(.missing, "2026-01-01"), finding(.missing, "2026-01-02")]).json()
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["ok"] as? Bool == false)
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings.map { $0["day"] as? String } == ["2026-01-01", "2026-01-02"])
        #expect(findings[0]["kind"] as? String == "missing")
        #expect((object["tables"] as? [[String: Any]])?.first?["compared_days"] as? Int == 2)
    }
}

import ArgumentParser
import Replication
import Testing

@testable import sluice

@Suite
struct AthenaCommandTests {
    let connection = ["--database", "postgresql://u:hunter2@h/d", "--lake", "lake"]

    @Test
    func `sql prints views of the lake of the settings`() throws {
        let command = try #require(
            try Sluice.parseAsRoot(["athena", "sql"] + connection + ["--table", "a", "--table", "b.*"])
                as? AthenaCommand.SQL
        )
        #expect(command.options.table == ["a", "b.*"])
        let request = try command.options.request(environment: [:], folder: "/nonexistent")
        #expect(request.slot == "sluice")
        #expect(request.lake == .init(location: .folder(path: "lake")))
    }

    @Test(arguments: [
        ["athena", "sql", "extra"], ["athena", "sql", "--table", "a b"], ["athena", "nothing"],
        ["athena", "setup", "extra"], ["athena", "repair", "--table", "a b"], ["athena", "validate", "--json"],
    ])
    func `what it does not know is refused as wrong usage`(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try Sluice.parseAsRoot(arguments) }
        #expect(Sluice.exitCode(for: error).rawValue == 64)
    }

    @Test
    func `a report has a line for each thing, and fails if one could not be done`() throws {
        let changes = [
            CatalogChange(.database, "d", .created),
            CatalogChange(.table, "t", .changed(["column a added", "comment"])),
            CatalogChange(.view, "t_live", .left("no key")),
        ]
        #expect(
            AthenaReport.text(changes).split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
                == [
                    "what name result details", "database d created", "table t changed column a added, comment",
                    "view t_live none no key",
                ]
        )
        try AthenaReport.requireDone(changes)
        #expect(throws: WorkFailure.self) {
            try AthenaReport.requireDone([CatalogChange(.table, "t", .failed("no"))])
        }
    }

    @Test
    func `counts fail if they differ, and not if files came and went`() throws {
        func count(_ verdict: CatalogCount.Verdict) -> CatalogCount {
            CatalogCount(table: "t", lakeRows: 1_000, athenaRows: 999, scannedByteCount: 0, verdict: verdict)
        }
        try AthenaReport.requireEqual([count(.equal), count(.busy)])
        #expect(throws: WorkFailure.self) { try AthenaReport.requireEqual([count(.equal), count(.differs)]) }
        #expect(throws: WorkFailure.self) { try AthenaReport.requireEqual([count(.failed("no"))]) }
        #expect(AthenaReport.text([count(.differs)]).contains("1,000"))
    }
}

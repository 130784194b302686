import ArgumentParser
import Foundation
import PostgresWire
import Replication
import Testing

@testable import sluice

@Suite
struct CheckCommandTests {
    private let findings = [
        Finding(.ok, .database, "wal_level", "logical"),
        Finding(
            .fail,
            .tables,
            "select",
            of: "a\u{1b}b",
            "may not be read by anybody here",
            [.sql("GRANT SELECT ON a TO b")]
        ),
        Finding(.warn, .slot, "slot", of: "sluice", "is idle", [.shell("sluice replicate"), .advice("Or drop it")]),
    ]

    @Test
    func `findings are a table by group, with what puts them right below`() {
        let text = CheckReport(findings).text(.init())
        #expect(
            text == """
                database
                  ok    wal_level    logical

                tables
                  fail  a\\u001bb     may not be read by anybody here
                                     GRANT SELECT ON a TO b;

                slot
                  warn  slot sluice  is idle
                                     sluice replicate
                                     -- Or drop it

                1 ok, 1 warning, 1 failure

                """
        )
    }

    @Test
    func `other commands are given the same options, without the password`() throws {
        let url = "postgresql://alice:open-sesame@db/billing"
        let command = try CheckCommand.parse(["--config", "a.yaml", "--database", url, "--lake", "s3://bucket/c"])
        let words = try command.connection.words(config: command.common.config)
        #expect(
            words == ["--config", "a.yaml", "--database", "postgresql://alice@db/billing", "--lake", "s3://bucket/c"]
        )
        #expect(try CheckCommand.parse([]).connection.words(config: nil) == [])
    }

    @Test
    func `colours are for terminals, and not where NO_COLOR is set`() {
        let seen = CheckReport(findings).text(.init(isTerminal: true, environment: [:]))
        #expect(seen.contains("\u{1b}[1;31mfail\u{1b}[0m"))
        let plain = CheckReport(findings).text(.init(isTerminal: true, environment: ["NO_COLOR": "1"]))
        #expect(!plain.contains("\u{1b}"))
    }

    @Test
    func `sentences are wrapped on a terminal, and what is to be pasted is not`() {
        var style = CheckReport.Style()
        style.width = 43
        let text = CheckReport(findings).text(style)
        #expect(text.contains("may not be read by\n                     anybody here\n"))
        #expect(text.contains("                     GRANT SELECT ON a TO b;\n"))
    }

    @Test
    func `the JSON has every key`() throws {
        let json = try CheckReport(findings).json()
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let checks = try #require(object["checks"] as? [[String: Any]])
        #expect(object["failures"] as? Int == 1 && object["warnings"] as? Int == 1 && object["ok"] as? Int == 1)
        #expect(checks[0]["subject"] is NSNull && checks[1]["status"] as? String == "fail")
        let steps = try #require(checks[1]["remedies"] as? [[String: String]])
        #expect(steps == [["kind": "sql", "text": "GRANT SELECT ON a TO b;"]])
    }

    @Test
    func `it is said what sluice is wanted for`() throws {
        #expect(try CheckCommand.parse([]).purpose == .replicate)
        #expect(try CheckCommand.parse(["--for", "backfill", "--json"]).purpose == .backfill)
        let error = try #require(throws: (any Error).self) { try CheckCommand.parse(["--for", "fun"]) }
        #expect(CheckCommand.exitCode(for: error).rawValue == 64)
    }

    @Test
    func `init takes schemas and tables, else the schema public`() throws {
        #expect(try InitCommand.parse([]).patterns.map(\.description) == ["public.*"])
        let named = try InitCommand.parse(["--schema", "billing", "--table", "a", "--table", "x.*"])
        #expect(try named.patterns.map(\.description) == ["billing.*", "public.a", "x.*"])
    }

    @Test(arguments: ["0", "10001", "-1"])
    func `history shows a sensible number of runs`(limit: String) throws {
        let error = try #require(throws: (any Error).self) { try HistoryCommand.parse(["--limit=\(limit)"]) }
        #expect(HistoryCommand.exitCode(for: error).rawValue == 64)
    }

    @Test
    func `history shows when, what, how much and what came of it`() throws {
        let start = Date(timeIntervalSince1970: 1_795_312_800)
        var table = RunRecord.Table("invoices")
        table.rows = 12_345
        let text = try HistoryReport([
            record(start, tables: [table], failed: []), record(start, tables: [], failed: ["a\nb"]),
        ]).text
        let lines = text.split(separator: "\n")
        #expect(lines[1] == "2026-11-22 02:00:00  backfill  full     2.00       1  12,345           ok")
        #expect(lines[2].hasSuffix("failed: a\\nb"))
        #expect(HistoryReport([]).text == "no runs\n")
        let json = try HistoryReport([record(start, tables: [table], failed: [])]).json()
        #expect(json.contains("\"failed_tables\" : [") && json.contains("\"started\" : \"2026-11-22T02:00:00.000Z\""))
    }

    private func record(_ start: Date, tables: [RunRecord.Table], failed: [String]) throws -> RunRecord {
        struct Document: Encodable {
            var id = "1", command = "backfill", mode = "full", version = "1"
            var started: Date, finished: Date
            var tables: [RunRecord.Table]
            var failedTables: [String]
        }
        let document = Document(started: start, finished: start + 2, tables: tables, failedTables: failed)
        // Only the lake makes records otherwise; moments as numbers do for a copy in memory.
        return try JSONDecoder().decode(RunRecord.self, from: JSONEncoder().encode(document))
    }
}

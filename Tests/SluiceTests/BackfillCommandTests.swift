import ArgumentParser
import Lake
import PostgresClient
import PostgresWire
import Replication
import Testing

@testable import sluice

@Suite
struct BackfillCommandTests {
    let connection = ["--database", "postgresql://u:hunter2@h/d", "--lake", "lake"]

    @Test
    func `without options yesterday of every public table is exported`() throws {
        let request = try request(connection)
        #expect(request.mode == .incremental(.yesterday))
        #expect(request.selection == [try TablePattern("public.*")])
        #expect(request.jobs == 2)
        #expect(request.parquet == ParquetOptions())
        #expect(request.memoryLimit == 512 << 20)
        #expect(request.lake == .init(location: .folder(path: "lake")))
        #expect(request.spill == .insideLake)
        #expect(request.options(schema: "public", table: "invoices") == TableOptions())
        #expect(request.replication == .init(slot: "sluice", publication: "sluice"))
    }

    @Test
    func `a period includes both ends`() throws {
        let request = try request(connection + ["--from", "2024-02-28", "--to", "2024-03-01"])
        let first = try #require(CalendarDate("2024-02-28"))
        #expect(request.mode == .incremental(.days(from: first, through: first.advanced(by: 2))))
    }

    @Test
    func `one date is a period of one day and full takes every day`() throws {
        let day = try #require(CalendarDate("2026-11-22"))
        #expect(
            try request(connection + ["--date", "2026-11-22"]).mode == .incremental(.days(from: day, through: day))
        )
        #expect(try request(connection + ["--mode", "full"]).mode == .full)
    }

    @Test
    func `tables are repeatable and jobs are passed on`() throws {
        let request = try request(connection + ["--table", "A.b", "--table", "\"Odd.*\"", "--jobs", "64"])
        let patterns = [TablePattern(schema: "a", table: "b"), TablePattern(schema: "public", table: "Odd.*")]
        #expect(request.selection == patterns)
        #expect(request.jobs == 64)
    }

    @Test
    func `spills go to the temporary folder when the lake is a bucket`() throws {
        let arguments = ["--database", "postgresql://h/d", "--lake", "s3://bucket"]
        #expect(try request(arguments, environment: ["TMPDIR": "/scratch"]).spill == .folder(path: "/scratch"))
        #expect(try request(arguments).spill == .folder(path: "/tmp"))
    }

    @Test
    func `the rule with the exact name wins over wildcards and the first of those over others`() throws {
        let yaml = """
            tables:
              - { table: 'b*', partition_by: one }
              - { table: '*', partition_by: two }
              - { table: bills, partition_by: three }
            """
        var settings = try Settings(yaml: yaml, file: "f", environment: [:])
        settings.database = try DatabaseURL("postgresql://h/d")
        settings.location = .folder(path: "lake")
        let request = try settings.backfillRequest(mode: .full, tables: [], jobs: 1, temporaryFolder: "/tmp")
        #expect(request.selection == settings.tables.map(\.pattern))
        let columns = ["bills", "books", "cars"].map { request.options(schema: "public", table: $0).partitionColumn }
        #expect(columns == ["three", "one", "two"])
        #expect(request.options(schema: "other", table: "bills") == TableOptions())
    }

    @Test
    func `a missing database and a missing lake are both named`() {
        #expect(
            throws: SettingsError([
                "no database: set database.url, SLUICE_DATABASE or --database",
                "no lake: set lake.url, SLUICE_LAKE or --lake",
            ])
        ) { try self.request([]) }
    }

    @Test
    func `a request that is printed or dumped shows no password`() throws {
        let request = try request(connection)
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(dumped.contains("u@h/d"))
    }

    @Test(arguments: [
        (["--date", "2026-02-30"], "date must be YYYY-MM-DD and a day of the calendar, found \"2026-02-30\"."),
        (["--date", "22.11.2026"], "date must be YYYY-MM-DD"),
        (["--date", "2026-11-2"], "date must be YYYY-MM-DD"),
        (["--date", "0000-01-01"], "date must be YYYY-MM-DD"),
        (["--from", "2026-11-02"], "--from and --to name a period together"),
        (["--to", "2026-11-02"], "--from and --to name a period together"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "--from 2026-11-02 is after --to 2026-11-01: exchange them."),
        (["--date", "2026-11-02", "--to", "2026-11-03"], "--date names one day"),
        (["--mode", "full", "--date", "2026-11-02"], "--mode full exports every day"),
        (["--mode", "ful"], "'full' and 'incremental'"),
        (["--jobs", "0"], "--jobs must be 1 to 64, found 0."),
        (["--jobs", "65"], "--jobs must be 1 to 64, found 65."),
        (["--jobs", "two"], "invalid for '--jobs"),
        (["--table", "a.b.c"], "--table \"a.b.c\": too many parts"),
        (["--lake", "gs://x"], "--lake must be s3://bucket/prefix, file:///path or a folder."),
        (["--database", "mysql://h/d"], "--database: the scheme must be postgresql://."),
        (["--log-level", "loud"], "invalid for '--log-level"),
        (["--log-format", "xml"], "'text' and 'json'"),
    ])
    func `wrong usage is refused with the remedy`(arguments: [String], message: String) throws {
        let error = try #require(throws: (any Error).self) { try BackfillCommand.parse(arguments) }
        #expect(BackfillCommand.exitCode(for: error).rawValue == 64)
        #expect(BackfillCommand.fullMessage(for: error).contains(message))
    }

    private func request(_ arguments: [String], environment: [String: String] = [:]) throws -> BackfillRequest {
        let command = try BackfillCommand.parse(arguments)
        return try command.request(environment: environment, folder: "/nonexistent")
    }
}

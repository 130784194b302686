import ArgumentParser
import Lake
import PostgresWire
import Replication
import Testing

@testable import sluice

@Suite
struct ValidateCommandTests {
    private let connection = ["--database", "postgresql://u:hunter2@h/d", "--lake", "lake"]

    private func request(_ arguments: [String]) throws -> ValidationRequest {
        try ValidateCommand.parse(connection + arguments).request(environment: [:], folder: "/nonexistent")
    }

    @Test
    func `without options all is looked at, and nothing is repaired`() throws {
        let request = try request([])
        #expect(!request.isDeep && !request.repairs)
        #expect(request.tables.isEmpty && request.period == nil)
        #expect(request.wait == ValidationRequest.defaultWait)
        #expect(request.replication.slot == "sluice")
    }

    @Test
    func `tables, days and patience are taken over`() throws {
        let request = try request([
            "--deep", "--repair", "--table", "invoices", "--table", "billing.*", "--from", "2026-01-01", "--to",
            "2026-01-03", "--wait", "90s",
        ])
        #expect(request.isDeep && request.repairs)
        #expect(request.tables.map(\.description) == ["public.invoices", "billing.*"])
        let (first, last) = (try #require(CalendarDate("2026-01-01")), try #require(CalendarDate("2026-01-03")))
        #expect(request.period == .days(from: first, through: last))
        #expect(request.wait == .seconds(90))
    }

    @Test
    func `yesterday is each table's own`() throws {
        #expect(try request(["--date", "yesterday"]).period == .yesterday)
    }

    @Test(arguments: [
        ["--date", "2026-13-01"], ["--date", "tomorrow"], ["--date", "yesterday", "--from", "2026-01-01"],
        ["--from", "0001-01-01", "--to", "5874897-12-31"],
        ["--from", "2026-01-01"], ["--wait", "soon"], ["--table", "a.b.c"],
    ])
    func `what is wrong is refused as wrong usage`(arguments: [String]) throws {
        #expect(throws: (any Error).self) { try ValidateCommand.parse(connection + arguments) }
    }
}

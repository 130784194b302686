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
        #expect(request.tables.isEmpty && request.days == nil)
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
        #expect(request.days == first...last)
        #expect(request.wait == .seconds(90))
    }

    @Test(arguments: [["--date", "2026-13-01"], ["--from", "2026-01-01"], ["--wait", "soon"], ["--table", "a.b.c"]])
    func `what is wrong is refused as wrong usage`(arguments: [String]) throws {
        #expect(throws: (any Error).self) { try ValidateCommand.parse(connection + arguments) }
    }
}

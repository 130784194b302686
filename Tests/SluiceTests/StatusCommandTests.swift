import ArgumentParser
import Replication
import Testing

@testable import sluice

@Suite
struct StatusCommandTests {
    let connection = ["--database", "postgresql://u:hunter2@h/d", "--lake", "lake"]

    @Test
    func `status reads the slot of the settings`() throws {
        let command = try StatusCommand.parse(connection + ["--json", "--watch"])
        #expect(command.json)
        #expect(command.watch)
        let request = try command.request(environment: [:], folder: "/nonexistent")
        #expect(request.slot == "sluice")
        #expect(request.publication == "sluice")
        #expect(request.lake == .init(location: .folder(path: "lake")))
    }

    @Test
    func `without options it is shown once as text`() throws {
        let command = try StatusCommand.parse(connection)
        #expect(!command.json)
        #expect(!command.watch)
    }

    @Test
    func `drop asks where somebody can answer`() throws {
        #expect(try DropCommand.parse(connection).asks(isTerminal: true))
        let sure = try DropCommand.parse(connection + ["--yes"])
        #expect(try !sure.asks(isTerminal: true))
        #expect(try !sure.asks(isTerminal: false))
    }

    @Test
    func `drop without a terminal is refused as wrong usage with the remedy`() throws {
        let command = try DropCommand.parse(connection)
        let error = try #require(throws: (any Error).self) { try command.asks(isTerminal: false) }
        #expect(DropCommand.exitCode(for: error).rawValue == 64)
        #expect(DropCommand.fullMessage(for: error).contains("add --yes to drop anyway."))
    }

    @Test(arguments: [["--watch=3"], ["--yes"], ["extra"]])
    func `what status does not know is refused`(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try StatusCommand.parse(arguments) }
        #expect(StatusCommand.exitCode(for: error).rawValue == 64)
    }

    @Test
    func `a missing database and a missing lake are both named`() throws {
        let missing = SettingsError([
            "no database: set database.url, SLUICE_DATABASE or --database",
            "no lake: set lake.url, SLUICE_LAKE or --lake",
        ])
        let status = try StatusCommand.parse([])
        let drop = try DropCommand.parse(["--yes"])
        #expect(throws: missing) { try status.request(environment: [:], folder: "/nonexistent") }
        #expect(throws: missing) { try drop.request(environment: [:], folder: "/nonexistent") }
    }
}

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
        #expect(command.table == ["a", "b.*"])
        let request = try command.request(environment: [:], folder: "/nonexistent")
        #expect(request.slot == "sluice")
        #expect(request.lake == .init(location: .folder(path: "lake")))
    }

    @Test(arguments: [["athena", "sql", "extra"], ["athena", "sql", "--table", "a b"], ["athena", "nothing"]])
    func `what it does not know is refused as wrong usage`(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try Sluice.parseAsRoot(arguments) }
        #expect(Sluice.exitCode(for: error).rawValue == 64)
    }
}

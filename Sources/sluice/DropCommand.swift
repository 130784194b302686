import ArgumentParser
import Foundation
import Glibc
import Logging
import Replication
import Telemetry

/// `sluice drop`.
struct DropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Drops slot and publication and forgets how far they were; the data in the lake stays.",
        discussion: """
            Says what there is to drop and asks first. Afterwards the server keeps no WAL for sluice any more, and a \
            following sluice replicate loads all tables again. A slot that is being read is refused.

            Examples:
              sluice drop
              sluice drop --yes --config sluice.yaml
            """
    )

    @Flag(help: "Drop without asking.")
    var yes = false

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func run() async throws {
        let asks = try asks(isTerminal: isatty(STDIN_FILENO) == 1)
        let logger = common.startLogging()
        let (removal, plan) = try await CommandRun(logger: logger).perform {
            let request = try request(environment: ProcessInfo.processInfo.environment)
            let removal = Removal(request, logger: logger)
            return (removal, try await removal.plan())
        }
        guard !plan.removals.isEmpty else {
            print("There is nothing to drop.")
            return
        }
        print(Self.list("To be dropped:", plan.removals) + Self.list("What stays:", plan.remainders), terminator: "")
        // Not while signals are trapped: here they are to end the program at once.
        guard !asks || Self.isConfirmed() else {
            logger.error("nothing was dropped, as the answer was not yes")
            throw ExitCode.workFailed
        }
        try await CommandRun(logger: logger).perform { try await removal.carryOut(plan) }
    }

    /// Whether a person is asked.
    ///
    /// Throws if nobody is there to be asked.
    func asks(isTerminal: Bool) throws -> Bool {
        if yes { return false }
        guard isTerminal else {
            throw ValidationError(
                "sluice drop asks first, but standard input is no terminal: add --yes to drop anyway."
            )
        }
        return true
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> ReplicationRequest {
        try connection.replicationRequest(config: common.config, environment: environment, folder: folder)
    }

    private static func list(_ title: String, _ lines: [String]) -> String {
        lines.isEmpty ? "" : "\(title)\n\(TextTable(lines.map { ["-", $0] }, indentation: 2))"
    }

    private static func isConfirmed() -> Bool {
        print("Drop this? [y/N] ", terminator: "")
        fflush(nil)
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}

public import ArgumentParser
import Foundation
import Glibc
import Logging
public import Replication
import Telemetry

/// `sluice check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Looks at database, tables, slot, lake and AWS before sluice runs, and says what to do.",
        discussion: """
            Each line is ok, warn or fail, and has below it what puts it right, ready to be pasted. Nothing is changed, but \
            for an object in the lake that is written and removed again, and the result of a statement in Athena. Ends \
            with 1 if anything fails; warnings are no failure.

            Examples:
              sluice check --config sluice.yaml
              sluice check --for backfill
              sluice check --json | jq '.checks[] | select(.status == "fail")'
            """
    )

    @Flag(help: "One JSON object.")
    var json = false

    @Option(name: .customLong("for"), help: "What sluice is wanted for; backfill needs neither slot nor publication.")
    var purpose = Preflight.Purpose.replicate

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func run() async throws {
        let logger = common.startLogging()
        let environment = ProcessInfo.processInfo.environment
        let run = CommandRun(logger: logger, afterInterruption: "nothing was changed")
        let purpose = purpose
        let findings = try await run.perform {
            let request = try request(environment: environment)
            let options = try connection.words(config: common.config)
            let preflight = Preflight(request, purpose: purpose, options: options, logger: logger)
            return try await preflight.run()
        }
        let report = CheckReport(findings)
        if json {
            print(try report.json())
        } else {
            let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
            print(report.text(CheckReport.Style(isTerminal: isTerminal, environment: environment)), terminator: "")
        }
        guard !report.hasFailures else { throw ExitCode.workFailed }
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> ReplicationRequest {
        try connection.replicationRequest(config: common.config, environment: environment, folder: folder)
    }
}

extension Preflight.Purpose: ExpressibleByArgument {}

import ArgumentParser
import Foundation
import Logging
import Replication
import Telemetry

/// `sluice history`.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Shows the runs that the lake has records of, the newest first.",
        discussion: """
            Every run of backfill, rewrite, replicate, validate and drop leaves a record below _sluice/runs/, unless it is \
            killed or the lake cannot be written. Only the lake is read.

            Examples:
              sluice history --config sluice.yaml
              sluice history --failed --limit 5
              sluice history --table invoices --json | jq '.runs[0].finished'
            """
    )

    @Option(help: ArgumentHelp("How many runs at most, 1 to 10000.", valueName: "count"))
    var limit = 20

    @Option(help: ArgumentHelp("Runs that have worked on this table, as they name it.", valueName: "table"))
    var table: String?

    @Flag(help: "Runs that failed, or some table of which did.")
    var failed = false

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func validate() throws {
        guard (1...10_000).contains(limit) else {
            throw ValidationError("--limit must be 1 to 10000, found \(limit).")
        }
    }

    func run() async throws {
        let logger = common.startLogging()
        let filter = RunHistory.Filter(limit: limit, table: table, failedOnly: failed)
        let json = json
        try await CommandRun(logger: logger, afterInterruption: "nothing was changed").perform {
            let lake = try lake(environment: ProcessInfo.processInfo.environment)
            let records = try await RunHistory.read(lake, filter, logger: logger)
            print(json ? try HistoryReport(records).json() + "\n" : HistoryReport(records).text, terminator: "")
        }
    }

    /// The lake that the options, the environment and the settings file name.
    func lake(environment: [String: String], folder: String = ".") throws -> LakeOptions {
        let sources = SettingsSources(
            file: common.config,
            database: try connection.databaseURL,
            location: try connection.location,
            environment: environment,
            folder: folder
        )
        return try sources.load().lakeOptions()
    }
}

import ArgumentParser
import Foundation
import Logging
import PostgresWire
import Replication
import Telemetry

/// `sluice backfill`.
struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Exports tables into the lake, by day.",
        discussion: """
            Each day becomes one Parquet object, which replaces the one before at once and whole. Running a backfill \
            again gives the same result.

            Examples:
              sluice backfill --mode full --database postgresql://db/billing --lake out
              sluice backfill --date 2026-11-22 --table invoices --table 'reporting.*'
              sluice backfill --from 2026-11-01 --to 2026-11-30 --jobs 4
            """
    )

    @Option(help: "full: every day, and days without rows are removed. incremental: the days of a period.")
    var mode = DaySelection.ModeName.incremental

    @Option(help: ArgumentHelp("One day, YYYY-MM-DD. (default: yesterday)", valueName: "day"))
    var date: String?

    @Option(help: ArgumentHelp("The first day of a period, YYYY-MM-DD.", valueName: "day"))
    var from: String?

    @Option(help: ArgumentHelp("The last day of a period, included.", valueName: "day"))
    var to: String?

    @Option(help: ArgumentHelp("A table as in SQL, * as a wildcard; repeatable.", valueName: "table"))
    var table: [String] = []

    @Option(help: "How many workers export at the same time, 1 to 64.")
    var jobs = BackfillRequest.defaultJobs

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func validate() throws {
        _ = try days
        _ = try patterns
        guard BackfillRequest.allowedJobs.contains(jobs) else {
            let allowed = BackfillRequest.allowedJobs
            throw ValidationError("--jobs must be \(allowed.lowerBound) to \(allowed.upperBound), found \(jobs).")
        }
    }

    func run() async throws {
        let logger = common.startLogging()
        let run = CommandRun(logger: logger)
        try await run.perform {
            let request = try request(environment: ProcessInfo.processInfo.environment)
            let instruments = run.monitor(
                "backfill",
                request.monitoring,
                lake: request.lake,
                slot: request.replication?.slot ?? ReplicationRequest.defaultName
            )
            logger.debug("starts", metadata: ["database": "\(request.database)", "jobs": "\(request.jobs)"])
            let progress = ProgressReporter(label: "exporting", logger: logger)
            let summary: SummaryTable
            do {
                summary = try await progress.report {
                    try await runBackfill(request, logger: logger, progress: progress, instruments: instruments)
                }
            } catch let failure as WorkFailure {
                // Other tables were exported.
                try await bringCatalog(logger)
                throw failure
            }
            print(summary, terminator: "")
            try await bringCatalog(logger)
        }
    }

    /// Brings the catalog up to what the lake has by now, if there is one.
    private func bringCatalog(_ logger: Logger) async throws {
        let request = try connection.replicationRequest(
            config: common.config,
            environment: ProcessInfo.processInfo.environment,
            folder: "."
        )
        guard request.athena != nil else { return }
        await AthenaCatalog(request, logger: logger).follow()
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> BackfillRequest {
        let sources = SettingsSources(
            file: common.config,
            database: try connection.databaseURL,
            location: try connection.location,
            environment: environment,
            folder: folder
        )
        return try sources.load().backfillRequest(
            mode: days,
            tables: patterns,
            jobs: jobs,
            temporaryFolder: environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        )
    }

    private var days: BackfillRequest.Mode {
        get throws { try DaySelection(mode: mode, date: date, from: from, to: to).resolve() }
    }

    private var patterns: [TablePattern] {
        get throws { try TablePattern.list(table) }
    }
}

extension TablePattern {
    /// The patterns of `--table`, which may be given several times.
    static func list(_ texts: [String]) throws(ValidationError) -> [TablePattern] {
        var patterns: [TablePattern] = []
        for text in texts {
            do {
                patterns.append(try TablePattern(text))
            } catch {
                throw ValidationError("--table \(SettingsDocument.quoted(text)): \(error).")
            }
        }
        return patterns
    }
}

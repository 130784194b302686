import ArgumentParser
import Foundation
import Lake
import Logging
import PostgresWire
import Replication
import Telemetry

/// `sluice validate`.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Shows whether the lake has what the database has, and repairs the days that differ.",
        discussion: """
            Takes seconds: that each day has its object, that footers are whole and agree with the database, that sizes are \
            plausible and the stream is alive. --deep compares all rows, by day, by count and checksum, both sides as one \
            snapshot of the database sees them, also while the stream runs. Ends with 1 if anything differs or could not be \
            compared; warnings do not count.

            Examples:
              sluice validate --config sluice.yaml
              sluice validate --deep --table invoices --from 2026-11-01 --to 2026-11-30
              sluice validate --deep --repair --json
            """
    )

    /// More days than any table has: years of four digits.
    private static let maximumDayCount = 4_000_000

    @Flag(help: "Compare the rows, day by day.")
    var deep = false

    @Flag(help: "Export exactly the days again that differ, and compare them once more.")
    var repair = false

    @Flag(help: "One JSON object.")
    var json = false

    @Option(help: ArgumentHelp("A table as in SQL, * as a wildcard; repeatable.", valueName: "table"))
    var table: [String] = []

    @Option(help: ArgumentHelp("One day, YYYY-MM-DD, or yesterday: each table's own.", valueName: "day"))
    var date: String?

    @Option(help: ArgumentHelp("The first day of a period, YYYY-MM-DD.", valueName: "day"))
    var from: String?

    @Option(help: ArgumentHelp("The last day of a period, included.", valueName: "day"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "How long the stream may take to bring what the database has. (default: 5m)",
            valueName: "time"
        )
    )
    var wait: String?

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func validate() throws {
        _ = try period
        _ = try patterns
        _ = try patience
    }

    func run() async throws {
        let logger = common.startLogging()
        let run = CommandRun(
            logger: logger,
            afterInterruption: "nothing was changed but days that were exported again; run the same command again"
        )
        let isJSON = json
        try await run.perform {
            let request = try request(environment: ProcessInfo.processInfo.environment)
            let instruments = run.monitor(
                "validate",
                request.replication.monitoring,
                lake: request.replication.lake,
                slot: request.replication.slot
            )
            let progress = ProgressReporter(label: "comparing", logger: logger)
            let report: ValidationReport
            do {
                report = try await progress.report {
                    try await Validation(request, logger: logger, progress: progress).run()
                }
            } catch {
                if !Task.isCancelled { instruments.validated(ValidationReport.everyTable, isRight: false) }
                throw error
            }
            report.tell(instruments)
            try Self.write(isJSON ? try report.json() + "\n" : "\(report)")
            guard report.isRight else { throw WorkFailure(report.conclusion) }
        }
    }

    /// Writes the report; a schedule that keeps it is not to take one that was lost for a lake that is right.
    private static func write(_ text: String) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            throw WorkFailure("the report cannot be written to standard output: \(error.localizedDescription)")
        }
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> ValidationRequest {
        ValidationRequest(
            replication: try connection.replicationRequest(
                config: common.config,
                environment: environment,
                folder: folder
            ),
            tables: try patterns,
            period: try period,
            isDeep: deep,
            repairs: repair,
            wait: try patience
        )
    }

    private var period: BackfillRequest.Period? {
        get throws {
            guard date != nil || from != nil || to != nil else { return nil }
            if date == "yesterday", from == nil, to == nil { return .yesterday }
            let selection = DaySelection(mode: .incremental, date: date, from: from, to: to)
            guard case .incremental(let period) = try selection.resolve() else { return nil }
            guard case .days(let first, let last) = period else { return period }
            guard last.daysSinceEpoch - first.daysSinceEpoch < Self.maximumDayCount else {
                throw ValidationError(
                    "--from \(first) to --to \(last) is too long a period: leave both out for all days."
                )
            }
            return period
        }
    }

    private var patterns: [TablePattern] {
        get throws { try TablePattern.list(table) }
    }

    private var patience: Duration {
        get throws {
            guard let wait else { return ValidationRequest.defaultWait }
            guard let patience = DurationText.parse(wait), ValidationRequest.allowedWait.contains(patience) else {
                throw ValidationError("--wait must be 1s to 1d, found \(SettingsDocument.quoted(wait)).")
            }
            return patience
        }
    }
}

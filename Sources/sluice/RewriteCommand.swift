import ArgumentParser
import Foundation
import Lake
import Logging
import PostgresWire
import Replication
import Telemetry

/// `sluice rewrite`.
struct RewriteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrite",
        abstract: "Brings the current rows up to what the changes in the lake say, day by day.",
        discussion: """
            Takes up the pending changes of each table: exactly the days that they touch are replaced, each at once and \
            whole, and only the row groups whose rows change are encoded anew. sluice replicate does the same every \
            rewrite.interval; one of the two rewrites a table at a time. It may be ended at any time, also by kill -9: \
            the next run does what is left.

            Examples:
              sluice rewrite --config sluice.yaml
              sluice rewrite --dry-run --table invoices
              sluice rewrite --from 2026-11-01 --to 2026-11-30
            """
    )

    @Flag(help: "Say per day what would be rewritten, and change nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("A table as in SQL, * as a wildcard; repeatable.", valueName: "table"))
    var table: [String] = []

    @Option(help: ArgumentHelp("One day, YYYY-MM-DD.", valueName: "day"))
    var date: String?

    @Option(help: ArgumentHelp("The first day of a period, YYYY-MM-DD.", valueName: "day"))
    var from: String?

    @Option(help: ArgumentHelp("The last day of a period, included.", valueName: "day"))
    var to: String?

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func validate() throws {
        _ = try days
        _ = try patterns
    }

    func run() async throws {
        let logger = common.startLogging()
        let run = CommandRun(
            logger: logger,
            afterInterruption: "days that were written are whole; run the same command again"
        )
        let (days, patterns, isDry) = (try days, try patterns, dryRun)
        try await run.perform {
            let request = try request(environment: ProcessInfo.processInfo.environment)
            run.monitor(
                "rewrite",
                request.monitoring,
                lake: request.lake,
                slot: request.slot,
                instruments: request.instruments
            )
            let rewriting = Rewriting(request, logger: logger)
            let report: Rewriting.Report
            do {
                report = try await rewriting.run(tables: patterns, days: days, isDry: isDry)
            } catch let failure as ReplicationError where failure.code == .tables && !isDry {
                // Other tables were rewritten.
                await bringCatalog(request, logger)
                throw failure
            }
            print(isDry ? RewriteReport.preview(report) : RewriteReport.summary(report), terminator: "")
            if !isDry { await bringCatalog(request, logger) }
        }
    }

    /// Brings the catalog up to what the lake has by now, if there is one.
    private func bringCatalog(_ request: ReplicationRequest, _ logger: Logger) async {
        guard request.athena != nil else { return }
        await AthenaCatalog(request, logger: logger).follow()
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> ReplicationRequest {
        try connection.replicationRequest(config: common.config, environment: environment, folder: folder)
    }

    private var days: ClosedRange<CalendarDate>? {
        get throws {
            guard date != nil || from != nil || to != nil else { return nil }
            let selection = DaySelection(mode: .incremental, date: date, from: from, to: to)
            guard case .incremental(.days(let first, let last)) = try selection.resolve() else { return nil }
            return first...last
        }
    }

    private var patterns: [TablePattern] {
        get throws { try TablePattern.list(table) }
    }
}

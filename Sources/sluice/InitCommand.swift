import ArgumentParser
import Foundation
import Logging
import PostgresWire
import Replication

/// `sluice init`.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Looks at a database and prints settings for its tables, with the reasons in comments.",
        discussion: """
            Chooses for each table the column by whose day its rows are kept apart, and points out tables without a key, \
            numbers without a precision, and columns that look like secrets or personal data. The database is only read, and \
            its password is not printed.

            Examples:
              sluice init --database postgresql://sluice@db/billing --lake s3://company-lake/billing > sluice.yaml
              sluice init --database postgresql://db/billing --schema billing --table 'reporting.*'
            """
    )

    @Option(help: ArgumentHelp("A schema, all its tables; repeatable. (default: public)", valueName: "name"))
    var schema: [String] = []

    @Option(help: ArgumentHelp("A table as in SQL, * as a wildcard; repeatable.", valueName: "table"))
    var table: [String] = []

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func validate() throws {
        _ = try patterns
    }

    func run() async throws {
        let logger = common.startLogging()
        let patterns = try patterns
        try await CommandRun(logger: logger, afterInterruption: "nothing was changed").perform {
            let settings = try settings(environment: ProcessInfo.processInfo.environment)
            guard let database = settings.database else {
                throw SettingsError(["no database: set \(SettingsSources.databaseVariable) or --database"])
            }
            let proposal = try await SettingsProposal.read(
                database: database,
                lake: settings.location,
                selection: patterns
            )
            print(proposal.text, terminator: "")
        }
    }

    /// What the options, the environment and the settings file say.
    func settings(environment: [String: String], folder: String = ".") throws -> Settings {
        let sources = SettingsSources(
            file: common.config,
            database: try connection.databaseURL,
            location: try connection.location,
            environment: environment,
            folder: folder
        )
        return try sources.load()
    }

    /// The tables that are wanted.
    var patterns: [TablePattern] {
        get throws {
            let named = schema.map(TablePattern.everyTable) + (try TablePattern.list(table))
            return named.isEmpty ? [TablePattern.everyTable(of: TablePattern.defaultSchema)] : named
        }
    }
}

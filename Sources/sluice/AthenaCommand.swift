import ArgumentParser
import Foundation
import Logging
import PostgresWire
import Replication

/// `sluice athena`.
struct AthenaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "athena",
        abstract: "What Athena and Trino need to query the lake.",
        subcommands: [SQL.self]
    )
}

extension AthenaCommand {
    /// `sluice athena sql`.
    struct SQL: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sql",
            abstract: "Prints views that show the tables as of the last change in the lake.",
            discussion: """
                The view <table>_live merges the current rows of <table> with the changes in <table>_changes that they have not \
                taken up yet. Each statement is preceded by a comment that says up to which change the current rows go. Print \
                and run the statements again where the comment says so, and after a table got a column, a key or another \
                replica identity. Of a table of which no view would be right now there is a comment instead that says what to \
                do. Only the lake is read, and nothing is changed.

                Examples:
                  sluice athena sql --config sluice.yaml
                  sluice athena sql --table invoices > invoices_live.sql
                """
        )

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
                let request = try request(environment: ProcessInfo.processInfo.environment)
                print(try await LiveViews(request, logger: logger).script(tables: patterns), terminator: "")
            }
        }

        /// What the options, the environment and the settings file ask for.
        func request(environment: [String: String], folder: String = ".") throws -> ReplicationRequest {
            try connection.replicationRequest(config: common.config, environment: environment, folder: folder)
        }

        private var patterns: [TablePattern] {
            get throws { try TablePattern.list(table) }
        }
    }
}

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
        subcommands: [Setup.self, Repair.self, Validate.self, SQL.self]
    )
}

/// What the commands below `sluice athena` have in common.
struct AthenaOptionGroup: ParsableArguments {
    @Option(help: ArgumentHelp("A table as in SQL, * as a wildcard; repeatable.", valueName: "table"))
    var table: [String] = []

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func validate() throws {
        _ = try patterns
    }

    /// The tables that are named.
    var patterns: [TablePattern] {
        get throws { try TablePattern.list(table) }
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> ReplicationRequest {
        try connection.replicationRequest(config: common.config, environment: environment, folder: folder)
    }

    /// Runs work on the catalog.
    func perform(
        afterInterruption: String,
        _ work: @escaping @Sendable (AthenaCatalog, [TablePattern]) async throws -> Void
    ) async throws {
        let logger = common.startLogging()
        let (patterns, group) = (try patterns, self)
        try await CommandRun(logger: logger, afterInterruption: afterInterruption).perform {
            let request = try group.request(environment: ProcessInfo.processInfo.environment)
            try await work(AthenaCatalog(request, logger: logger), patterns)
        }
    }
}

extension AthenaCommand {
    /// `sluice athena setup`.
    struct Setup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "setup",
            abstract: "Makes database, tables and live views in the catalog, or brings them up to the lake.",
            discussion: """
                Each table of the lake becomes two tables, <table> and <table>_changes, and a view <table>_live. What there is \
                already is brought up to the lake and to the comments of the database; properties and columns of others \
                stay. sluice replicate goes on to keep all of it in step. May be run again at any time.

                Examples:
                  sluice athena setup --config sluice.yaml
                  sluice athena setup --table invoices
                """
        )

        @OptionGroup var options: AthenaOptionGroup

        func run() async throws {
            try await AthenaCommand.update(.setup, options)
        }
    }

    /// `sluice athena repair`.
    struct Repair: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "repair",
            abstract: "Adds what the catalog lacks: database, tables, columns, years, days, views.",
            discussion: """
                Compares the catalog with the lake and adds what is missing. What others have changed, such as comments, stays \
                as it is.

                Example:
                  sluice athena repair --config sluice.yaml
                """
        )

        @OptionGroup var options: AthenaOptionGroup

        func run() async throws {
            try await AthenaCommand.update(.repair, options)
        }
    }

    /// `sluice athena validate`.
    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "validate",
            abstract: "Has Athena count the rows of each table and compares them with the lake's files.",
            discussion: """
                Counts twice where files come and go meanwhile. Counting reads no columns, so that it costs next to nothing. \
                Ends with 1 if anything differs.

                Example:
                  sluice athena validate --config sluice.yaml
                """
        )

        @OptionGroup var options: AthenaOptionGroup

        func run() async throws {
            try await options.perform(afterInterruption: "nothing was changed") { catalog, patterns in
                let counts = try await catalog.validate(tables: patterns)
                print(AthenaReport.text(counts), terminator: "")
                try AthenaReport.requireEqual(counts)
            }
        }
    }

    /// `sluice athena sql`.
    struct SQL: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sql",
            abstract: "Prints database, tables and live views as SQL instead of making them.",
            discussion: """
                Database and tables are in the SQL of Hive, which Athena and Spark take. The view <table>_live merges the \
                current rows of <table> with the changes in <table>_changes that they have not taken up yet, in the SQL of \
                Trino. Each view is preceded by a comment that says up to which change the current rows go. Print and run the \
                views again where the comment says so, and after a table got a column, a key or another replica identity. Of \
                a table of which no view would be right now there is a comment instead that says what to do. Only the lake is \
                read, and nothing is changed.

                Examples:
                  sluice athena sql --config sluice.yaml
                  sluice athena sql --table invoices > invoices.sql
                """
        )

        @OptionGroup var options: AthenaOptionGroup

        func run() async throws {
            try await options.perform(afterInterruption: "nothing was changed") { catalog, patterns in
                print(try await catalog.script(tables: patterns), terminator: "")
            }
        }
    }

    private static func update(_ purpose: AthenaCatalog.Purpose, _ options: AthenaOptionGroup) async throws {
        try await options.perform(afterInterruption: "run the same command again") { catalog, patterns in
            let changes = try await catalog.update(purpose, tables: patterns)
            print(AthenaReport.text(changes), terminator: "")
            try AthenaReport.requireDone(changes)
        }
    }
}

import ArgumentParser
import Foundation
import Logging
import PostgresWire
import Replication

/// `sluice replicate`.
struct ReplicateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replicate",
        abstract: "Brings every change of the tables into the lake, continuously and exactly once.",
        discussion: """
            Makes publication and slot if they are absent, exports tables that the lake does not have yet, and writes \
            the changes of each table to <table>_changes/. It may be ended at any time, also by kill -9, and goes on \
            where it was. SIGTERM and SIGINT bring what has arrived into the lake first.

            Examples:
              sluice replicate --database postgresql://db/billing --lake s3://company-lake/billing
              sluice replicate --config sluice.yaml --until-caught-up
            """
    )

    @Flag(help: "End when all that was committed at the start is in the lake, initial loads included.")
    var untilCaughtUp = false

    @Option(
        help: ArgumentHelp("End when all that was committed before this position is in the lake.", valueName: "LSN")
    )
    var untilLSN: String?

    @Flag(help: "Leave it to another process to take changes up into the files of rows.")
    var noRewrite = false

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    func validate() throws {
        if untilCaughtUp, untilLSN != nil {
            throw ValidationError("--until-caught-up and --until-lsn exclude each other.")
        }
        _ = try end
    }

    func run() async throws {
        let logger = common.startLogging()
        let run = CommandRun(
            logger: logger,
            afterInterruption: "what is not in the lake yet comes again; run the same command again"
        )
        try await run.perform {
            let request = try request(environment: ProcessInfo.processInfo.environment)
            run.monitor(
                "replicate",
                request.monitoring,
                lake: request.lake,
                slot: request.slot,
                instruments: request.instruments
            )
            logger.debug("starts", metadata: ["database": "\(request.database)", "slot": "\(request.slot)"])
            let isWhole = try await StreamService(request, logger: logger).run()
            logger.info(
                isWhole
                    ? "stopped; everything that was received is in the lake and confirmed"
                    : "stopped; what was received and is not in the lake yet comes again with the next start"
            )
        }
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> ReplicationRequest {
        try connection.replicationRequest(
            config: common.config,
            end: end,
            rewritesDays: !noRewrite,
            environment: environment,
            folder: folder
        )
    }

    private var end: ReplicationRequest.End {
        get throws {
            guard let untilLSN else { return untilCaughtUp ? .whenCaughtUp : .never }
            guard let position = LSN(untilLSN) else {
                throw ValidationError("--until-lsn must be a position like 16/B374D848.")
            }
            return .at(position)
        }
    }
}

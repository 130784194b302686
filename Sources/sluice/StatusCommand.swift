import ArgumentParser
import Foundation
import Glibc
import Logging
import Replication
import Telemetry

/// `sluice status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how replication stands: the slot, its lag, the WAL kept for it, and the tables.",
        discussion: """
            Reads database and lake and changes neither. Ends with 0 when both could be read, whatever it found: what is \
            not as it should be is listed with the remedy, in JSON under "problems".

            Examples:
              sluice status
              sluice status --json | jq .lag.bytes
              sluice status --watch
            """
    )

    @Flag(help: "One JSON object; with --watch one on each line.")
    var json = false

    @Flag(help: "Show it anew every 2 seconds, until SIGINT.")
    var watch = false

    @OptionGroup(title: "Connection Options")
    var connection: ConnectionOptions

    @OptionGroup(title: "Common Options")
    var common: CommonOptions

    private static let watchInterval = Duration.seconds(2)

    func run() async throws {
        let logger = common.startLogging()
        let screen = Screen(isTerminal: isatty(STDOUT_FILENO) == 1, isJSON: json)
        let (json, watch) = (json, watch)
        try await CommandRun(logger: logger, signalLevel: watch ? .debug : .warning).perform {
            let request = try request(environment: ProcessInfo.processInfo.environment)
            func status() async throws -> String {
                let status = try await ReplicationStatus.read(request, logger: logger)
                return json ? try status.json(isPretty: !watch) + "\n" : "\(status)"
            }
            // What cannot be reached at first is more likely a mistake than an outage to watch.
            let first = try await status()
            guard watch else { return Screen.write(first) }
            screen.clear()
            screen.show(first)
            while (try? await Task.sleep(for: Self.watchInterval)) != nil {
                do {
                    screen.show(try await status())
                } catch {
                    if Task.isCancelled { return }
                    logger.error("\(error)")
                }
            }
        }
    }

    /// What the options, the environment and the settings file ask for.
    func request(environment: [String: String], folder: String = ".") throws -> ReplicationRequest {
        try connection.replicationRequest(config: common.config, environment: environment, folder: folder)
    }
}

/// Where what is shown again and again goes.
private struct Screen {
    var isTerminal: Bool
    var isJSON: Bool

    /// The control sequences "to the upper left corner", "erase the rest of the line", "erase what is below".
    private static let home = "\u{1b}[H"
    private static let eraseLine = "\u{1b}[K"
    private static let eraseBelow = "\u{1b}[J"

    /// Makes room for what is shown.
    func clear() {
        if isTerminal, !isJSON { Self.write(Self.home + Self.eraseBelow) }
    }

    /// Shows a text in place of the one before; where there is no terminal, below it.
    func show(_ text: String) {
        if isJSON { return Self.write(text) }
        guard isTerminal else { return Self.write("\(UTCTime.now)\n\(text)\n") }
        // Each line is overwritten, since a screen that is cleared first flickers.
        let lines = "\(UTCTime.now)\n\n\(text)".split(separator: "\n", omittingEmptySubsequences: false)
        Self.write(Self.home + lines.joined(separator: Self.eraseLine + "\n") + Self.eraseBelow)
    }

    static func write(_ text: String) {
        print(text, terminator: "")
        // A pipe's reader is to see it now.
        fflush(nil)
    }
}

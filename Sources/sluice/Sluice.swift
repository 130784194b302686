import ArgumentParser
import Glibc
import Lake
import Telemetry

/// The command line program.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Exports PostgreSQL into date-partitioned Parquet on S3 or in a folder.",
        discussion: """
            Exit codes: 0 done; 1 the work failed; 64 wrong usage; 78 wrong configuration.
            """,
        version: ReleaseVersion.current,
        subcommands: [
            InitCommand.self, CheckCommand.self, ReplicateCommand.self, BackfillCommand.self, RewriteCommand.self,
            ValidateCommand.self, AthenaCommand.self, StatusCommand.self, HistoryCommand.self, DropCommand.self,
            ParquetCommand.self,
        ]
    )

    /// Parses and runs what the command line asks for.
    ///
    /// Stands in for the library's `main`, which repeats a misplaced argument as it is, password included.
    static func main() async {
        // Writing to a connection or pipe that the other side has closed is an error to handle, not the program's end.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            end(.success)
        } catch {
            let text = fullMessage(for: error)
            let code = exitCode(for: error)
            if code == .success {
                print(text)
            } else if !text.isEmpty {
                LineOutput.standardError.writeLine(Redaction.redacted(text))
            }
            end(code)
        }
    }

    /// Ends the program at once.
    ///
    /// A thread that has spoken to the database may be ending at the same moment, and what OpenSSL frees of it then it would
    /// free once more in its `atexit` handler.
    private static func end(_ code: ExitCode) -> Never {
        fflush(nil)
        _exit(code.rawValue)
    }
}

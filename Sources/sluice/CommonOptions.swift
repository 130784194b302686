public import ArgumentParser
public import Logging
public import Telemetry

/// Options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The settings. (default: ./sluice.yaml, then config/sluice.yaml)", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("What to log: this level and above.", valueName: "level"))
    var logLevel = Logger.Level.info

    @Option(help: ArgumentHelp("How log lines look.", valueName: "format"))
    var logFormat = LogFormat.text

    /// A logger to standard error; libraries that make their own loggers get the same.
    func startLogging() -> Logger {
        let own = LineLogHandler(level: logLevel, format: logFormat)
        let handler = LineLogHandler(level: logLevel, format: logFormat, mirror: .standard)
        LoggingSystem.bootstrap { label in label == LogMirror.ownLabel ? own : handler }
        return Logger(label: "sluice")
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

extension LogFormat: ExpressibleByArgument {}

public import Logging

/// Writes each log event as one line.
public struct LineLogHandler: LogHandler {
    /// Attached to every event of the logger; an event's own metadata wins.
    public var metadata: Logger.Metadata = [:]
    /// Events below this level are dropped by the logger.
    public var logLevel: Logger.Level
    /// Adds metadata from the task's context.
    public var metadataProvider: Logger.MetadataProvider?

    private let format: LogFormat
    private let output: LineOutput
    private let mirror: LogMirror?
    private let now: @Sendable () -> UTCTime

    /// Writes to an output in a format, and to what a mirror is connected to; the clock is a parameter for tests.
    public init(
        level: Logger.Level,
        format: LogFormat,
        output: LineOutput = .standardError,
        mirror: LogMirror? = nil,
        now: @escaping @Sendable () -> UTCTime = { UTCTime.now }
    ) {
        logLevel = level
        self.format = format
        self.output = output
        self.mirror = mirror
        self.now = now
    }

    /// One entry of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Renders the event and hands it to the output and the mirror.
    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        let time = now()
        let line = format.line(at: time, level: event.level, message: "\(event.message)", metadata: all)
        output.writeLine(line)
        mirror?.pass(LogMirror.Line(time: time, level: event.level, text: line))
    }
}

public import Logging
import Synchronization

/// Passes each warning on only once, for work that finds the same again and again.
public struct OnceLogHandler: LogHandler {
    private final class Told: Sendable {
        private let messages = Mutex<Set<String>>([])

        func isNew(_ message: String) -> Bool { messages.withLock { $0.insert(message).inserted } }
    }

    /// Attached to every event of the logger; an event's own metadata wins.
    public var metadata: Logger.Metadata = [:]
    /// Events below this level are dropped by the logger.
    public var logLevel: Logger.Level

    private let logger: Logger
    private let told = Told()

    /// Passes events on to a logger.
    public init(_ logger: Logger) {
        self.logger = logger
        logLevel = logger.logLevel
    }

    /// One entry of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Passes the event on, unless it is a warning that was passed on before.
    public func log(event: LogEvent) {
        if event.level >= .warning, !told.isNew("\(event.message)") { return }
        logger.log(level: event.level, event.message, metadata: metadata.merging(event.metadata ?? [:]) { $1 })
    }
}

extension Logger {
    /// A logger to the same place that says each warning only once.
    public var tellingOnce: Logger {
        let handler = OnceLogHandler(self)
        return Logger(label: label) { _ in handler }
    }
}

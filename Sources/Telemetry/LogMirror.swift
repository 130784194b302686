public import Logging
import Synchronization

/// Passes log lines on to a second place, once there is one.
///
/// Logging begins before the settings are read that name the place. Safe to use from any thread.
public final class LogMirror: Sendable {
    /// One line as it was written, with passwords hidden and control characters escaped.
    public struct Line: Sendable, Hashable {
        /// When it was written.
        public var time: UTCTime
        /// How important it is.
        public var level: Logger.Level
        /// The line without its newline.
        public var text: String

        /// Describes a line.
        public init(time: UTCTime, level: Logger.Level, text: String) {
            self.time = time
            self.level = level
            self.text = text
        }
    }

    /// The mirror of the process's log.
    public static let standard = LogMirror()

    /// The label of loggers whose lines are not passed on: those of the second place itself.
    public static let ownLabel = "sluice.mirror"

    private let receiver = Mutex<(@Sendable (Line) -> Void)?>(nil)

    /// Begins without a second place.
    public init() {}

    /// Passes lines on to a closure, which must return at once and log nothing; nil for nowhere.
    public func connect(_ receiver: (@Sendable (Line) -> Void)?) {
        self.receiver.withLock { $0 = receiver }
    }

    func pass(_ line: Line) {
        let receiver = receiver.withLock { $0 }
        receiver?(line)
    }
}

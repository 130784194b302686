public import Logging
import Synchronization

/// Shows how far work has come while it runs: one redrawn line on a terminal, a log line now and then elsewhere.
///
/// Safe to use from any thread. Workers call ``advance(rows:bytes:)`` once per batch, not per row.
public final class ProgressReporter: Sendable {
    /// How often a terminal's line is redrawn: five times a second looks alive and costs nothing.
    public static let redrawInterval = Duration.milliseconds(200)

    /// How often a log line is written where there is no terminal.
    public static let logInterval = Duration.seconds(10)

    private let label: String
    private let logger: Logger
    private let output: LineOutput
    private let interval: Duration
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let snapshot = Mutex(ProgressSnapshot())

    /// Begins to count time.
    ///
    /// - Parameters:
    ///   - label: What is being done, as one word: `exporting`.
    ///   - logger: Where log lines go; its handler should write to the same output.
    ///   - output: Where the progress line goes.
    ///   - interval: How often progress is shown; by default as often as suits the output.
    public init(label: String, logger: Logger, output: LineOutput = .standardError, interval: Duration? = nil) {
        self.label = label
        self.logger = logger
        self.output = output
        self.interval = interval ?? (output.isTerminal ? Self.redrawInterval : Self.logInterval)
        start = clock.now
    }

    /// Adds to the rows that are expected in all; without a call there is no percentage and no ETA.
    public func expect(rows: Int) {
        snapshot.withLock { $0.expectedRows = ($0.expectedRows ?? 0) + rows }
    }

    /// Adds to what is done.
    public func advance(rows: Int, bytes: Int) {
        snapshot.withLock { snapshot in
            snapshot.rows += rows
            snapshot.bytes += bytes
        }
    }

    /// Shows progress until the work returns or throws, then removes the progress line.
    public func report<Result>(during work: () async throws -> Result) async rethrows -> Result {
        defer { output.showProgress("") }
        do {
            // Leaving the scope cancels the ticker and waits for it, so nothing is drawn after the line is removed.
            async let _: Void = tick()
            return try await work()
        }
    }

    @concurrent
    private func tick() async {
        while (try? await Task.sleep(for: interval)) != nil {
            var current = snapshot.withLock { $0 }
            current.elapsed = clock.now - start
            if output.isTerminal {
                output.showProgress(current.terminalLine(label: label, width: LineOutput.terminalWidth))
            } else {
                logger.info("\(label)", metadata: current.metadata)
            }
        }
    }
}

import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite
final class ProgressTests: Sendable {
    private let written = Mutex<[String]>([])

    @Test
    func `with an estimate there is a bar, a percentage and the time left`() {
        let snapshot = ProgressSnapshot(rows: 4_500_000, bytes: 1 << 30, expectedRows: 10_000_000, elapsed: .seconds(9))
        #expect(
            snapshot.terminalLine(label: "exporting", width: 120)
                == "exporting  [#########-----------] 45%  4,500,000 rows  500,000 rows/s  1.0 GiB  ETA 0:11"
        )
        #expect(
            snapshot.metadata == [
                "rows": "4500000", "bytes": "1073741824", "elapsed": "0:09", "rows_per_second": "500000",
                "percent": "45",
                "eta": "0:11",
            ]
        )
    }

    @Test
    func `without an estimate, or with one that was too low, the time so far is shown`() {
        var snapshot = ProgressSnapshot(rows: 20, bytes: 5, elapsed: .seconds(61))
        #expect(snapshot.terminalLine(label: "x", width: 80) == "x  20 rows  0 rows/s  5 B  1:01")
        snapshot.expectedRows = 10
        #expect(snapshot.terminalLine(label: "x", width: 80) == "x  20 rows  0 rows/s  5 B  1:01")
        #expect(snapshot.metadata["eta"] == nil)
    }

    @Test
    func `before the first row nothing is promised`() {
        let snapshot = ProgressSnapshot(expectedRows: 10)
        #expect(snapshot.terminalLine(label: "x", width: 80) == "x  [--------------------] 0%  0 rows  0 B  0:00")
    }

    @Test
    func `the line is cut before the terminal would wrap it`() {
        #expect(ProgressSnapshot(rows: 20).terminalLine(label: "exporting", width: 12) == "exporting  ")
        #expect(ProgressSnapshot().terminalLine(label: "x", width: 0) == "")
    }

    @Test
    func `log lines appear above the progress line, which is removed at the end`() {
        let output = output(isTerminal: true)
        output.showProgress("one")
        output.showProgress("one")
        output.writeLine("log")
        output.showProgress("")
        output.writeLine("end")
        #expect(written.withLock { $0 } == ["\r\u{1b}[Kone", "\r\u{1b}[Klog\none", "\r\u{1b}[K", "end\n"])
    }

    @Test
    func `where there is no terminal no progress line is drawn`() {
        output(isTerminal: false).showProgress("one")
        #expect(written.withLock { $0.isEmpty })
    }

    @Test
    func `a terminal is redrawn during the work and cleared after it`() async throws {
        let reporter = reporter(isTerminal: true)
        try await reporter.report { [self] in
            reporter.expect(rows: 10)
            reporter.advance(rows: 5, bytes: 100)
            try await untilWritten("5 rows")
        }
        let texts = written.withLock { $0 }
        #expect(texts.contains { $0.contains("50%  5 rows") })
        #expect(texts.last == "\r\u{1b}[K")
        try await Task.sleep(for: .milliseconds(20))
        #expect(written.withLock { $0 } == texts)
    }

    @Test
    func `elsewhere a log line is written now and then`() async throws {
        let reporter = reporter(isTerminal: false)
        try await reporter.report { [self] in
            reporter.advance(rows: 5, bytes: 100)
            try await untilWritten(" rows=5 ")
        }
        let line = try #require(written.withLock { $0.first { $0.contains(" rows=5 ") } })
        #expect(line.contains(" INFO exporting bytes=100 elapsed="))
    }

    @Test
    func `work that fails clears the terminal and passes its error on`() async {
        struct Failure: Error {}
        let reporter = reporter(isTerminal: true)
        await #expect(throws: Failure.self) {
            try await reporter.report { [self] in
                try await untilWritten("rows")
                throw Failure()
            }
        }
        #expect(written.withLock { $0.last } == "\r\u{1b}[K")
    }

    private func untilWritten(_ part: String) async throws {
        while !written.withLock({ $0.contains { $0.contains(part) } }) { try await Task.sleep(for: .milliseconds(1)) }
    }

    private func output(isTerminal: Bool) -> LineOutput {
        LineOutput(isTerminal: isTerminal) { [self] text in written.withLock { $0.append(text) } }
    }

    private func reporter(isTerminal: Bool) -> ProgressReporter {
        let output = output(isTerminal: isTerminal)
        let logger = Logger(label: "test") { _ in LineLogHandler(level: .info, format: .text, output: output) }
        return ProgressReporter(label: "exporting", logger: logger, output: output, interval: .milliseconds(2))
    }
}

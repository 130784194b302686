import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite
final class LogMirrorTests: Sendable {
    private let written = Mutex<[String]>([])
    private let passed = Mutex<[LogMirror.Line]>([])
    private let mirror = LogMirror()

    private var logger: Logger {
        let output = LineOutput(isTerminal: false) { [self] line in written.withLock { $0.append(line) } }
        let handler = LineLogHandler(level: .debug, format: .text, output: output, mirror: mirror) {
            UTCTime(millisecondsSinceEpoch: 5)
        }
        return Logger(label: "test") { _ in handler }
    }

    @Test
    func `lines are passed on as they were written once there is a place for them`() {
        let logger = logger
        logger.info("before")
        mirror.connect { [self] line in passed.withLock { $0.append(line) } }
        logger.warning("no answer of postgresql://u:secret@db/x\nnow", metadata: ["n": "1"])
        mirror.connect(nil)
        logger.info("after")
        #expect(written.withLock { $0.count } == 3)
        let lines = passed.withLock { $0 }
        #expect(lines.count == 1)
        #expect(lines.first?.time == UTCTime(millisecondsSinceEpoch: 5) && lines.first?.level == .warning)
        #expect(lines.first?.text.contains("secret") == false)
        #expect(lines.map { "\($0.text)\n" } == [written.withLock { $0[1] }])
    }
}

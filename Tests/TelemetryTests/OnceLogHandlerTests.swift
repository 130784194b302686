import Logging
import Synchronization
import Telemetry
import Testing

@Suite
final class OnceLogHandlerTests: Sendable {
    private let lines = Mutex<[String]>([])

    @Test
    func `a warning is said once and the rest each time`() {
        let output = LineOutput(isTerminal: false) { [self] line in lines.withLock { $0.append(line) } }
        let handler = LineLogHandler(level: .info, format: .text, output: output) { UTCTime(millisecondsSinceEpoch: 0) }
        let logger = Logger(label: "test") { _ in handler }.tellingOnce
        for _ in 0..<2 {
            logger.warning("w", metadata: ["k": "v"])
            logger.error("e")
            logger.info("i")
            logger.debug("d")
        }
        let expected = ["WARNING w k=v", "ERROR e", "INFO i", "INFO i"].map { "1970-01-01T00:00:00.000Z \($0)\n" }
        #expect(lines.withLock { $0 } == expected)
    }
}

import Logging
import Synchronization
import Telemetry
import Testing

@Suite
final class LineLogHandlerTests: Sendable {
    private let lines = Mutex<[String]>([])

    @Test
    func `a text line has time, level, message and sorted metadata`() {
        logger(.text).info("exported 1000 rows of invoices", metadata: ["table": "public.invoices", "bytes": "1024"])
        #expect(
            lines.withLock { $0 } == [
                "2026-11-22T10:00:00.123Z INFO exported 1000 rows of invoices bytes=1024 table=public.invoices\n"
            ]
        )
    }

    @Test
    func `levels are named as in the messages of the documented system`() {
        let logger = logger(.text)
        logger.trace("a")
        logger.debug("b")
        logger.warning("no data found for table invoices on date 2026-11-22")
        logger.error("c")
        logger.critical("d")
        let levels = lines.withLock { $0.map { $0.split(separator: " ")[1] } }
        #expect(levels == ["TRACE", "DEBUG", "WARNING", "ERROR", "CRITICAL"])
    }

    @Test
    func `a json line is one object`() {
        logger(.json).error("cannot \"connect\"\n", metadata: ["host": "db", "days": ["a", "b"], "o": ["k": "\u{7}"]])
        #expect(
            lines.withLock { $0 } == [
                #"{"time":"2026-11-22T10:00:00.123Z","level":"ERROR","message":"cannot \"connect\"\u000a","#
                    + #""metadata":{"days":["a","b"],"host":"db","o":{"k":"\u0007"}}}"# + "\n"
            ]
        )
    }

    @Test
    func `a message stays on its line and cannot steer a terminal`() {
        logger(.text).info("a\nb\r\u{1b}[31m\u{2028}\u{85}", metadata: ["k y": "x y\n", "q": "a\"b\\", "e": ""])
        #expect(
            lines.withLock { $0 } == [
                #"2026-11-22T10:00:00.123Z INFO a\nb\r\u001b[31m\u2028\u0085 e="" "k y"="x y\n" q="a\"b\\""# + "\n"
            ]
        )
    }

    @Test(arguments: LogFormat.allCases)
    func `passwords are hidden in messages, metadata and errors`(format: LogFormat) throws {
        struct Failure: Error, CustomStringConvertible { let description = "password=hunter2" }
        let logger = logger(format)
        logger.error("postgresql://u:hunter2@h/d", error: Failure(), metadata: ["u": "host=h password='hunter2'"])
        let line = try #require(lines.withLock { $0.first })
        #expect(!line.contains("hunter2"))
        #expect(line.contains("postgresql://u:<redacted>@h/d"))
    }

    @Test
    func `events below the level are dropped`() {
        var logger = logger(.text)
        logger.logLevel = .warning
        logger.info("a")
        #expect(lines.withLock { $0.isEmpty })
    }

    @Test
    func `an event's metadata wins over the logger's`() {
        var logger = logger(.text)
        logger[metadataKey: "a"] = "1"
        logger[metadataKey: "b"] = "1"
        logger.info("m", metadata: ["b": "2"])
        #expect(lines.withLock { $0.first?.hasSuffix("m a=1 b=2\n") } == true)
    }

    @Test
    func `lines of many tasks are never mixed`() async {
        let logger = logger(.text)
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask { for line in 0..<200 { logger.info("\(task) \(line)") } }
            }
        }
        #expect(lines.withLock { $0.count } == 1600)
    }

    private func logger(_ format: LogFormat) -> Logger {
        let output = LineOutput(isTerminal: false) { [self] text in lines.withLock { $0.append(text) } }
        let time = UTCTime(millisecondsSinceEpoch: 1_795_341_600_123)
        return Logger(label: "test") { _ in
            LineLogHandler(level: .trace, format: format, output: output) { time }
        }
    }
}

import AWS
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Monitoring

@Suite
final class CloudWatchPumpTests: Sendable {
    private struct Fixed: CredentialsProvider {
        func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
            Credentials(accessKeyID: "KEY", secretAccessKey: Secret("canary-secret"), sessionToken: nil, source: "test")
        }
    }

    private let lines = Mutex<[String]>([])
    private let instruments = Instruments()

    private var logger: Logger {
        let output = LineOutput(isTerminal: false) { [self] line in lines.withLock { $0.append(line) } }
        let handler = LineLogHandler(level: .info, format: .text, output: output)
        return Logger(label: "test") { _ in handler }
    }

    private func services(_ server: FaultServer) throws -> AWSServices {
        var options = AWSServices.Options()
        options.environment = Environment([
            "AWS_ENDPOINT_URL": server.origin, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent",
        ])
        options.credentials = Fixed()
        var retry = RetryPolicy()
        retry.firstDelay = .milliseconds(2)
        retry.firstThrottledDelay = .milliseconds(2)
        options.retry = retry
        return try AWSServices(options)
    }

    private func metrics(_ server: FaultServer, interval: Duration = .seconds(60)) throws -> MetricPump {
        var options = CloudWatchOptions()
        options.interval = interval
        return MetricPump(
            try MetricsClient(services(server)),
            options,
            deltas: MetricDeltas(slot: "s", sendsGauges: false),
            instruments: instruments,
            logger: logger
        )
    }

    private func logs(_ server: FaultServer) throws -> LogPump {
        let client = try LogsClient(services(server), group: "/g", stream: "backfill/h/1")
        return LogPump(client, level: .info, instruments: instruments, logger: logger)
    }

    private static let denial = FaultReply.status(
        403,
        [:],
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    )

    private func append(_ text: String, at time: Int, _ level: Logger.Level = .info, to pump: LogPump) {
        pump.append(LogMirror.Line(time: UTCTime(millisecondsSinceEpoch: time), level: level, text: text))
    }

    // MARK: - Metrics

    @Test
    func `refused metrics are warned of once with the action to allow, and what is missing is sent later`() async throws
    {
        let server = try FaultServer(Self.denial, Self.denial, .status(200))
        let pump = try metrics(server)
        instruments.exportFailed("a")
        await pump.send()
        instruments.exportFailed("a")
        await pump.send()
        await pump.send()
        let lines = lines.withLock { $0 }
        #expect(lines.count == 2)
        #expect(
            lines[0].contains("WARNING cannot send metrics to CloudWatch")
                && lines[0].contains("cloudwatch:PutMetricData")
        )
        #expect(lines[1].contains("INFO can send metrics to CloudWatch again"))
        let body = String(decoding: server.requests[2].body, as: UTF8.self)
        #expect(body.hasPrefix("Action=PutMetricData&Version=2010-08-01&Namespace=Tokyo-IA%2FETL&MetricData.member.1."))
        #expect(body.contains("MetricName=DataExportFailure&") && body.contains("Dimensions.member.1.Value=a&"))
        #expect(body.contains(".Value=2.0&"))
    }

    private static let invalidValue = FaultReply.status(
        400,
        [:],
        "<ErrorResponse><Error><Code>InvalidParameterValue</Code><Message>no</Message></Error></ErrorResponse>"
    )

    private func count(_ name: String) -> Double? {
        instruments.readings().first { $0.metric.name == name }?.values.first?.value
    }

    @Test
    func `metrics that are refused for what they are are lost, and those behind them are sent`() async throws {
        let server = try FaultServer(Self.invalidValue, .status(200), Self.invalidValue, .status(200))
        let pump = try metrics(server)
        for number in 0..<600 {
            instruments.exported(
                SummaryTable.Row(table: "t\(number)", rows: 1, files: 1, bytes: 1, elapsed: .seconds(1))
            )
        }
        await pump.send()
        let first = server.requests.count
        #expect(first > 1)
        await pump.send()
        #expect(server.requests.count == first, "nothing is sent again")
        let lines = lines.withLock { $0 }
        #expect(lines.count == 1 && lines[0].contains("cannot send metrics to CloudWatch: InvalidParameterValue"))
        #expect(lines[0].contains("; 1,000 values will be missing there"))
    }

    @Test
    func `metrics that are on their way when the loop ends arrive once`() async throws {
        let server = try FaultServer(Self.late(""))
        let pump = try metrics(server, interval: .milliseconds(5))
        instruments.exportFailed("a")
        let loop = Task { await pump.run() }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        loop.cancel()
        await loop.value
        await pump.send()
        #expect(server.requests.count == 1)
    }

    /// Taken, but answered a while later.
    private static func late(_ body: String) -> FaultReply {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return FaultReply(.wait(milliseconds: 200), .send(Array((head + body).utf8)))
    }

    // MARK: - Logs

    @Test
    func `lines that are on their way when the loop ends arrive once`() async throws {
        let server = try FaultServer(Self.late("{}"))
        let pump = try logs(server)
        // So many that they do not wait.
        for number in 1...2_000 { append("line", at: number, to: pump) }
        let loop = Task { await pump.run() }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        loop.cancel()
        await loop.value
        await pump.send()
        #expect(server.requests.count == 1)
    }

    @Test
    func `lines that are refused for what they are are lost, and those behind them are sent`() async throws {
        let refusal = FaultReply.status(400, [:], #"{"__type":"InvalidParameterException","message":"no"}"#)
        let server = try FaultServer(refusal, .status(200, [:], "{}"))
        let pump = try logs(server)
        append("before", at: 1, to: pump)
        append(String(repeating: "z", count: (1 << 20) - 26), at: 2, to: pump)
        append("after", at: 3, to: pump)
        await pump.send()
        await pump.send()
        let bodies = server.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.map { $0.contains("before") } == [true, false, false])
        #expect(bodies.last?.contains("after") == true)
        #expect(count("sluice_log_lines_dropped_total") == 1)
        let lines = lines.withLock { $0 }
        #expect(lines.count == 1 && lines[0].contains("; 1 line will be missing there"))
    }

    @Test(arguments: [
        (#""tooOldLogEventEndIndex":1"#, 1.0), (#""tooNewLogEventStartIndex":1"#, 2),
        (#""expiredLogEventEndIndex":9"#, 3),
        (#""tooNewLogEventStartIndex":-9223372036854775808"#, 3),
        (#""tooOldLogEventEndIndex":9223372036854775807,"tooNewLogEventStartIndex":0"#, 3),
    ])
    func `lines that are refused for their age are counted, whatever the server says`(
        indexes: String,
        expected: Double
    ) async throws {
        let server = try FaultServer(.status(200, [:], #"{"rejectedLogEventsInfo":{\#(indexes)}}"#))
        let pump = try logs(server)
        for number in 1...3 { append("line", at: number, to: pump) }
        await pump.send()
        #expect(count("sluice_log_lines_dropped_total") == expected)
    }

    @Test
    func `group and stream are made when they are missing, and lines arrive in the order of their times`() async throws
    {
        let missing = FaultReply.status(400, [:], #"{"__type":"ResourceNotFoundException","message":"none"}"#)
        let there = FaultReply.status(400, [:], #"{"__type":"ResourceAlreadyExistsException"}"#)
        let server = try FaultServer { request, _ in
            switch request["x-amz-target"] {
            case "Logs_20140328.CreateLogGroup": there
            case "Logs_20140328.CreateLogStream": Self.isSecond(request) ? .status(200) : missing
            default: Self.isSecond(request) ? .status(200, [:], "{}") : missing
            }
        }
        let pump = try logs(server)
        append("second", at: 2, to: pump)
        append("first", at: 1, to: pump)
        append("quiet", at: 3, .debug, to: pump)
        Self.seen.withLock { $0 = [] }
        await pump.send()
        let targets = server.requests.compactMap { $0["x-amz-target"]?.split(separator: ".").last.map(String.init) }
        #expect(targets == ["PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"])
        let body = String(decoding: server.requests.last?.body ?? [], as: UTF8.self)
        #expect(
            body == #"{"logEvents":[{"message":"first","timestamp":1},{"message":"second","timestamp":2}],"#
                + #""logGroupName":"/g","logStreamName":"backfill/h/1"}"#
        )
        #expect(lines.withLock { $0 } == [])
    }

    private static let seen = Mutex<Set<String>>([])

    private static func isSecond(_ request: FaultRequest) -> Bool {
        seen.withLock { !$0.insert(request["x-amz-target"] ?? "").inserted }
    }

    @Test
    func `lines that are refused wait, and the next that are taken bring them along`() async throws {
        let refusal = FaultReply.status(400, [:], #"{"__type":"AccessDeniedException","message":"no"}"#)
        let server = try FaultServer(refusal, refusal, .status(200, [:], "{}"))
        let pump = try logs(server)
        for number in 1...3 {
            append("line \(number)", at: number, to: pump)
            await pump.send()
        }
        let lines = lines.withLock { $0 }
        #expect(lines.count == 2 && lines[0].contains("logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents"))
        let body = String(decoding: server.requests.last?.body ?? [], as: UTF8.self)
        #expect((1...3).allSatisfy { body.contains("line \($0)") })
        #expect(!body.contains("CloudWatch"), "what is said of CloudWatch must not go there")
    }

    @Test
    func `lines that are lost are counted in their place`() async throws {
        let server = try FaultServer(.status(200, [:], "{}"))
        let pump = try logs(server)
        let text = String(repeating: "z", count: 1 << 20)
        for number in 1...9 { append(text, at: number, to: pump) }
        append("last", at: 10, to: pump)
        await pump.send()
        let bodies = server.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.first?.contains("2 log lines from here on are missing") == true)
        #expect(bodies.last?.contains("last") == true)
        #expect(count("sluice_log_lines_dropped_total") == 2)
    }
}

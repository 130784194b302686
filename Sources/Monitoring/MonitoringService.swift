import AWS
import Foundation
public import Logging
import Synchronization
public import Telemetry

/// What makes one run of the program visible from outside: the endpoints over HTTP, metrics and log lines in CloudWatch.
///
/// None of it can fail the run or hold it up.
public final class MonitoringService: Sendable {
    /// How long the end waits for what is still to be sent.
    private static let endPatience = Duration.seconds(5)

    /// The run that is watched.
    public struct Run: Sendable {
        /// The command, as it is called on the command line.
        public var command: String
        /// The slot that it works on.
        public var slot: String
        /// The region of AWS in which its lake is, if there is one.
        public var region: String?
        /// The profile of the shared files of AWS by which that is reached; nil leaves it to the environment.
        public var profile: String?
        /// Whether it goes on until it is told to stop; then there are endpoints, and present values in CloudWatch.
        public var isService: Bool

        /// Describes a run.
        public init(command: String, slot: String, region: String?, profile: String? = nil, isService: Bool) {
            self.command = command
            self.slot = slot
            self.region = region
            self.profile = profile
            self.isService = isService
        }
    }

    private let mirror: LogMirror
    private let server: EndpointServer?
    private let metrics: MetricPump?
    private let logs: LogPump?
    private let logger: Logger
    private let tasks = Mutex(Pumping())

    /// What sends again and again.
    private struct Pumping {
        var metrics: Task<Void, Never>?
        var logs: Task<Void, Never>?
    }

    /// Prepares what the options ask for; settings of AWS that cannot be meant are warned of.
    ///
    /// - Parameters:
    ///   - run: What is watched.
    ///   - options: From where.
    ///   - instruments: What the run tells.
    ///   - mirror: What passes log lines on.
    ///   - logger: For what is to be said of the watching itself; its lines must not come back through the mirror.
    public init(
        _ run: Run,
        _ options: MonitoringOptions,
        instruments: Instruments,
        mirror: LogMirror = .standard,
        logger: Logger = Logger(label: LogMirror.ownLabel)
    ) {
        self.mirror = mirror
        self.logger = logger
        let endpoints = MonitoringEndpoints(instruments: instruments)
        server = options.http.flatMap { address in
            guard run.isService else { return nil }
            return EndpointServer(address, logger: logger) { endpoints.respond(to: $0) }
        }
        var (metrics, logs): (MetricPump?, LogPump?) = (nil, nil)
        if let cloudWatch = options.cloudWatch {
            do throws(AWSError) {
                (metrics, logs) = try Self.pumps(run, cloudWatch, instruments, logger)
            } catch {
                logger.warning("nothing is sent to CloudWatch: \(error)")
            }
        }
        (self.metrics, self.logs) = (metrics, logs)
    }

    private static func pumps(
        _ run: Run,
        _ options: CloudWatchOptions,
        _ instruments: Instruments,
        _ logger: Logger
    ) throws(AWSError) -> (MetricPump, LogPump) {
        var settings = AWSServices.Options()
        settings.region = options.region ?? run.region
        settings.profile = run.profile
        let services = try AWSServices(settings)
        let stream = LogStreamName.name(
            command: run.command,
            host: ProcessInfo.processInfo.hostName,
            start: .now,
            process: ProcessInfo.processInfo.processIdentifier
        )
        let metrics = MetricPump(
            try MetricsClient(services),
            options,
            deltas: MetricDeltas(slot: run.slot, sendsGauges: run.isService),
            instruments: instruments,
            logger: logger
        )
        let client = try LogsClient(services, group: options.logGroup, stream: stream)
        return (metrics, LogPump(client, level: options.logLevel, instruments: instruments, logger: logger))
    }

    /// Begins.
    public func start() {
        server?.start()
        if let logs { mirror.connect { logs.append($0) } }
        let (metrics, logs) = (metrics, logs)
        tasks.withLock { tasks in
            if let metrics { tasks.metrics = Task.detached { await metrics.run() } }
            if let logs { tasks.logs = Task.detached { await logs.run() } }
        }
    }

    /// Ends, once what there is has been sent, or could not be within a few seconds; then a warning says so.
    public func end() async { await end(within: Self.endPatience) }

    func end(within limit: Duration) async {
        let tasks = tasks.withLock { tasks in
            defer { tasks = Pumping() }
            return tasks
        }
        let (metrics, logs) = (metrics, logs)
        async let hasMetrics = Self.isDone(within: limit) { await Self.finish(tasks.metrics) { await metrics?.send() } }
        let hasLogs = await Self.isDone(within: limit) { await Self.finish(tasks.logs) { await logs?.send() } }
        if await !hasMetrics { warn("CloudWatch", "metrics", limit) }
        if !hasLogs { warn("CloudWatch Logs", "log lines", limit) }
        mirror.connect(nil)
        server?.stop()
    }

    private func warn(_ service: String, _ what: String, _ limit: Duration) {
        logger.warning(
            "\(service) did not answer within \(HumanUnits.span(limit)) at the end of the run: its last \(what) may be missing there"
        )
    }

    /// Ends what sends again and again, then sends what is left.
    private static func finish(_ task: Task<Void, Never>?, _ send: () async -> Void) async {
        // Ends its sleep; a request that is on its way counts among what is waited for.
        task?.cancel()
        await task?.value
        guard !Task.isCancelled else { return }
        await send()
    }

    /// Returns when the work is done or the time is over, whether or not the work then heeds that it is cancelled.
    ///
    /// - Returns: Whether it is done.
    private static func isDone(within limit: Duration, _ work: @escaping @Sendable () async -> Void) async -> Bool {
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let worker = Task.detached {
            await work()
            end.yield(true)
        }
        let timer = Task.detached {
            try? await Task.sleep(for: limit)
            end.yield(false)
        }
        defer {
            worker.cancel()
            timer.cancel()
        }
        for await isDone in ends { return isDone }
        return false
    }
}

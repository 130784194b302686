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
    private let tasks = Mutex<[Task<Void, Never>]>([])

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
            if let metrics { tasks.append(Task.detached { await metrics.run() }) }
            if let logs { tasks.append(Task.detached { await logs.run() }) }
        }
    }

    /// Ends, once what there is has been sent, or could not be within a few seconds.
    public func end() async {
        let tasks = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        // Ends their sleep; a request that is on its way counts among what is waited for.
        for task in tasks { task.cancel() }
        let (metrics, logs) = (metrics, logs)
        await Self.race(against: Self.endPatience) {
            for task in tasks { await task.value }
            guard !Task.isCancelled else { return }
            async let sent: Void? = metrics?.send()
            await logs?.send()
            _ = await sent
        }
        mirror.connect(nil)
        server?.stop()
    }

    /// Returns when the work is done or the time is over, whether or not the work then heeds that it is cancelled.
    private static func race(against limit: Duration, _ work: @escaping @Sendable () async -> Void) async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let worker = Task.detached {
            await work()
            end.finish()
        }
        let timer = Task.detached {
            try? await Task.sleep(for: limit)
            end.finish()
        }
        for await _ in ends {}
        worker.cancel()
        timer.cancel()
    }
}

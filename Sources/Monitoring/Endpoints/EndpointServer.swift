import Foundation
import Glibc
import Logging
import Synchronization
import Telemetry

/// Answers GET and HEAD over HTTP, one request for each connection, from one thread of its own.
///
/// Everything is bounded: connections, the length of a request, the time that one takes. Of too many connections the
/// oldest that is idle goes, and where all are answered what is beyond waits in the system's queue, so that no client can
/// take descriptors or memory from the work that the process is there for, or keep others out. Nor can an address that is
/// taken: it is said once and tried again.
final class EndpointServer: Sendable {
    /// Connections at the same time: a handful of collectors and probes, twice over.
    static let connectionLimit = 32
    /// What a connection may take from its beginning to its end.
    static let patience = Duration.seconds(10)
    private static let retryInterval = Duration.seconds(10)

    private struct State {
        var isStopping = false
        var isRunning = false
        var port: UInt16?
    }

    private let address: ListenAddress
    private let patience: Duration
    private let logger: Logger
    private let respond: @Sendable (EndpointRequest) -> EndpointResponse
    private let state = Mutex(State())
    /// Wakes the thread; written to by ``stop()``.
    private let wakePipe: (reading: Int32, writing: Int32)?

    /// Prepares a server; nothing is opened for others yet.
    init(
        _ address: ListenAddress,
        patience: Duration = EndpointServer.patience,
        logger: Logger,
        respond: @escaping @Sendable (EndpointRequest) -> EndpointResponse
    ) {
        self.address = address
        self.patience = patience
        self.logger = logger
        self.respond = respond
        var ends: [Int32] = [-1, -1]
        wakePipe = pipe(&ends) == 0 ? (ends[0], ends[1]) : nil
        if wakePipe != nil { for end in ends { DescriptorFlags.set(on: end) } }
    }

    deinit {
        guard let wakePipe else { return }
        close(wakePipe.reading)
        close(wakePipe.writing)
    }

    /// The port on which it listens; nil while it does not.
    var port: UInt16? { state.withLock { $0.port } }

    /// Begins to listen, and goes on trying until ``stop()``.
    func start() {
        state.withLock { $0.isRunning = true }
        let thread = Thread { [self] in
            run()
            state.withLock { $0.isRunning = false }
        }
        thread.name = "sluice-http"
        thread.start()
    }

    /// Ends it; waits a moment for the thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        if let wakePipe {
            var byte: UInt8 = 0
            _ = write(wakePipe.writing, &byte, 1)
        }
        let deadline = ContinuousClock.now + .seconds(2)
        while state.withLock({ $0.isRunning }), ContinuousClock.now < deadline { usleep(5_000) }
    }

    // MARK: - Thread

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run() {
        var isTold = false
        while !isStopping {
            do throws(ListeningError) {
                let socket = try ListeningSocket(address)
                state.withLock { $0.port = socket.port }
                logger.info("serves metrics and health", metadata: ["address": "\(address)"])
                serve(socket)
                state.withLock { $0.port = nil }
            } catch {
                if !isTold { logger.warning("\(Self.text(of: error, at: address))") }
                isTold = true
                _ = wait(on: [], for: Self.retryInterval)
            }
        }
    }

    private static func text(of error: ListeningError, at address: ListenAddress) -> String {
        let remedy =
            error.isInUse
            ? "another process listens there: give monitoring.http another port, or end that process"
            : "correct monitoring.http"
        return
            "cannot serve metrics and health at \(address): \(error.reason); \(remedy); all else goes on, and this is "
            + "tried again every \(HumanUnits.seconds(retryInterval)) s"
    }

    private func serve(_ socket: borrowing ListeningSocket) {
        var connections: [EndpointConnection] = []
        defer { for connection in connections { close(connection.descriptor) } }
        // While there is no room in the system, it is no use to look at the queue.
        var acceptsAgain = ContinuousClock.now
        while !isStopping {
            let now = ContinuousClock.now
            connections.removeAll { connection in
                let isOver = connection.isEnded || connection.deadline <= now
                if isOver { close(connection.descriptor) }
                return isOver
            }
            let hasRoom = connections.count < Self.connectionLimit || connections.contains(where: \.isIdle)
            let accepts = hasRoom && now >= acceptsAgain
            var interests = connections.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            if accepts { interests.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)) }
            let deadline = connections.map(\.deadline).min() ?? now + .seconds(60)
            let pause = now >= acceptsAgain ? deadline - now : .milliseconds(200)
            let ready = wait(on: interests, for: pause)
            for index in connections.indices where ready[index] { connections[index].proceed(respond) }
            if accepts, ready.last == true {
                Self.makeRoom(among: &connections)
                do throws(ListeningError) {
                    try take(from: socket, into: &connections)
                } catch {
                    acceptsAgain = .now + .seconds(1)
                }
            }
        }
    }

    /// Closes one connection where there are as many as there may be: one that has ended, or the oldest that is idle.
    private static func makeRoom(among connections: inout [EndpointConnection]) {
        guard connections.count >= connectionLimit,
            let index = connections.firstIndex(where: \.isEnded) ?? connections.firstIndex(where: \.isIdle)
        else { return }
        close(connections[index].descriptor)
        connections.remove(at: index)
    }

    private func take(
        from socket: borrowing ListeningSocket,
        into connections: inout [EndpointConnection]
    ) throws(ListeningError) {
        while connections.count < Self.connectionLimit, let descriptor = try socket.accept() {
            var connection = EndpointConnection(descriptor: descriptor, deadline: .now + patience)
            connection.proceed(respond)
            connections.append(connection)
        }
    }

    /// Waits until something is ready, the time is over, or the server is to end.
    ///
    /// The C function is `poll`.
    ///
    /// - Returns: For each interest, whether it is ready.
    private func wait(on interests: [pollfd], for duration: Duration) -> [Bool] {
        var all = interests
        if let wakePipe { all.append(pollfd(fd: wakePipe.reading, events: Int16(POLLIN), revents: 0)) }
        let milliseconds = Int32(clamping: Int((max(.zero, duration) / .milliseconds(1)).rounded(.up)))
        // Without a pipe the end is noticed a little later.
        let count = poll(&all, nfds_t(all.count), wakePipe == nil ? min(milliseconds, 500) : milliseconds)
        return interests.indices.map { count > 0 && all[$0].revents != 0 }
    }
}

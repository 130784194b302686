import Glibc
import HTTP
import Synchronization

/// An HTTP server on a free loopback port that answers as a test tells it to, also wrongly.
public final class FaultServer: Sendable {
    /// What answers: the request and its number from 0.
    public typealias Script = @Sendable (FaultRequest, Int) -> FaultReply

    private struct Journal {
        var requests: [FaultRequest] = []
        var connections = 0
    }

    private let script: Script
    private let listener: Int32
    private let journal = Mutex(Journal())
    /// The port it listens on.
    public let port: UInt16

    /// Starts a server.
    public init(_ script: @escaping Script) throws {
        self.script = script
        (listener, port) = try LoopbackSocket.bound()
        guard listen(listener, 64) == 0 else { throw FaultServerError() }
        let descriptor = listener
        _ = OwnerThread.start { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                if connection < 0 && errno == EINTR { continue }
                guard connection >= 0, let server = self else { break }
                server.journal.withLock { $0.connections += 1 }
                _ = OwnerThread.start { [weak server] in
                    serve(connection) { server?.reply(to: $0) }
                    close(connection)
                }
            }
            close(descriptor)
        }
    }

    /// Starts a server that gives each reply once, in order, and the last one from then on.
    public convenience init(_ replies: FaultReply...) throws {
        try self.init { _, number in replies[min(number, replies.count - 1)] }
    }

    deinit {
        // Ends the `accept` of the thread, which then closes the listener.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Scheme, host and port.
    public var origin: String { "http://127.0.0.1:\(port)" }

    /// All requests so far, in the order they arrived.
    public var requests: [FaultRequest] { journal.withLock { $0.requests } }

    /// How many connections were opened.
    public var connections: Int { journal.withLock { $0.connections } }

    private func reply(to request: FaultRequest) -> FaultReply {
        let number = journal.withLock { journal in
            journal.requests.append(request)
            return journal.requests.count - 1
        }
        return script(request, number)
    }
}

/// The server could not be started.
public struct FaultServerError: Error {}

/// Reads requests from a connection and answers them until either side has had enough.
private func serve(_ connection: Int32, _ reply: (FaultRequest) -> FaultReply?) {
    var buffered: [UInt8] = []
    while let request = receive(connection, &buffered), let reply = reply(request) {
        for step in reply.steps {
            switch step {
            case .send(let bytes): guard send(connection, bytes) else { return }
            case .wait(let milliseconds): usleep(UInt32(milliseconds) * 1000)
            case .close: return
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                return
            }
        }
    }
}

private func receive(_ connection: Int32, _ buffered: inout [UInt8]) -> FaultRequest? {
    let separator: [UInt8] = [13, 10, 13, 10]
    while true {
        if let end = buffered.firstRange(of: separator)?.upperBound {
            var request = FaultRequest(head: String(decoding: buffered[..<end], as: UTF8.self))
            buffered.removeFirst(end)
            if request["expect"] != nil { _ = send(connection, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
            let length = request["content-length"].flatMap(Int.init) ?? 0
            while buffered.count < length { guard fill(connection, &buffered) else { return nil } }
            request.body = Array(buffered.prefix(length))
            buffered.removeFirst(length)
            return request
        }
        guard fill(connection, &buffered) else { return nil }
    }
}

private func fill(_ connection: Int32, _ buffered: inout [UInt8]) -> Bool {
    var piece = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
        let count = recv(connection, &piece, piece.count, 0)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        buffered.append(contentsOf: piece[..<count])
        return true
    }
}

private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
            Glibc.send(connection, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        sent += count
    }
    return true
}

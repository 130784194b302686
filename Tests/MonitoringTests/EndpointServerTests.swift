import Glibc
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Monitoring

@Suite
final class EndpointServerTests: Sendable {
    private let lines = Mutex<[String]>([])

    private var logger: Logger {
        let output = LineOutput(isTerminal: false) { [self] line in lines.withLock { $0.append(line) } }
        let handler = LineLogHandler(level: .info, format: .text, output: output)
        return Logger(label: "test") { _ in handler }
    }

    /// Runs a server on a free port.
    private func withServer(
        patience: Duration = EndpointServer.patience,
        _ respond: @escaping @Sendable (EndpointRequest) -> EndpointResponse = { EndpointResponse(text: $0.path) },
        _ work: (UInt16) throws -> Void
    ) throws {
        let server = EndpointServer(ListenAddress(port: 0), patience: patience, logger: logger, respond: respond)
        server.start()
        defer { server.stop() }
        while server.port == nil { usleep(1_000) }
        try work(try #require(server.port))
    }

    @Test
    func `a GET is answered with head and body, a HEAD with the head alone, and the connection ends`() throws {
        try withServer { port in
            let answer = try exchange(port, "GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n/metrics"))
            #expect(answer.contains("\r\nContent-Length: 8\r\n") && answer.contains("\r\nConnection: close\r\n"))
            let head = try exchange(port, "HEAD /metrics HTTP/1.0\n\n")
            #expect(head.contains("\r\nContent-Length: 8\r\n") && head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(arguments: [
        ("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405), ("DELETE / HTTP/1.1\r\n\r\n", 405),
        ("nonsense\r\n\r\n", 400), ("GET  / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 400),
        ("GET http://x/ HTTP/1.1\r\n\r\n", 400), ("GET /\u{7} HTTP/1.1\r\n\r\n", 400),
        ("GET /" + String(repeating: "a", count: 9_000), 431),
        ("GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 2_000), 431),
    ])
    func `what is no GET or HEAD is refused`(request: String, status: Int) throws {
        try withServer { port in
            let answer = try exchange(port, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.contains("Allow: GET, HEAD") == (status == 405))
        }
    }

    @Test
    func `a request may come in pieces and an answer may be large`() throws {
        let text = String(repeating: "0123456789", count: 400_000)
        try withServer({ _ in EndpointResponse(text: text) }) { port in
            let answer = try exchange(port, "GET / HT", "TP/1.1\r\nA: b\r", "\n\r\n")
            #expect(answer.hasSuffix(text))
        }
    }

    @Test
    func `clients that say nothing keep nobody out`() throws {
        // Nothing else would end them.
        try withServer(patience: .seconds(3_600)) { port in
            let silent = try (0..<EndpointServer.connectionLimit + 3).map { _ in try connect(port) }
            defer { for socket in silent { close(socket) } }
            for _ in 0..<3 { #expect(try exchange(port, "GET /x HTTP/1.1\r\n\r\n").hasSuffix("/x")) }
            var byte: UInt8 = 0
            #expect(recv(silent[0], &byte, 1, 0) == 0, "the oldest is the first to go")
            #expect(recv(silent[silent.count - 1], &byte, 1, Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN)
        }
    }

    @Test
    func `a client that says nothing is given up after a while, and one that has its answer at once`() throws {
        try withServer(patience: .seconds(1)) { port in
            let silent = try connect(port)
            defer { close(silent) }
            var byte: UInt8 = 0
            #expect(recv(silent, &byte, 1, 0) == 0)
        }
        try withServer(patience: .seconds(3_600)) { port in
            let answered = try connect(port)
            defer { close(answered) }
            let request = "GET /x HTTP/1.1\r\n\r\n"
            #expect(send(answered, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count)
            // Somebody who goes on sending learns that nobody reads it any more.
            while send(answered, "x", 1, Int32(MSG_NOSIGNAL)) == 1 { usleep(20_000) }
            #expect(errno == EPIPE || errno == ECONNRESET)
        }
    }

    @Test
    func `a port in use is warned of once, with the remedy`() throws {
        try withServer { port in
            let other = EndpointServer(ListenAddress(port: port), logger: logger) { EndpointResponse(text: $0.path) }
            other.start()
            defer { other.stop() }
            while lines.withLock({ $0.count }) < 2 { usleep(1_000) }
            let warning = lines.withLock { $0.last ?? "" }
            #expect(warning.contains("cannot serve metrics and health at 127.0.0.1:\(port): Address already in use"))
            #expect(warning.contains("give monitoring.http another port"))
            #expect(other.port == nil)
        }
    }

    // MARK: - Client

    private struct Failure: Error {}

    private func connect(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure() }
        return descriptor
    }

    /// Sends the pieces one after the other and reads until the server closes.
    private func exchange(_ port: UInt16, _ pieces: String...) throws -> String {
        let descriptor = try connect(port)
        defer { close(descriptor) }
        for (index, piece) in pieces.enumerated() {
            if index > 0 { usleep(20_000) }
            guard send(descriptor, piece, piece.utf8.count, Int32(MSG_NOSIGNAL)) == piece.utf8.count else {
                throw Failure()
            }
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer.append(contentsOf: buffer[..<count])
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

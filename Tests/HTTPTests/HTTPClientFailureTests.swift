import HTTP
import TestSupport
import Testing

@Suite("HTTP client when things go wrong")
struct HTTPClientFailureTests {
    private let client: HTTPClient

    init() throws {
        client = try HTTPClient()
    }

    private func failure(_ request: HTTPRequest, limit: Int = 1000) async throws -> HTTPError {
        try #require(
            await #expect(throws: HTTPError.self) { try await client.send(request, into: .memory(limit: limit)) }
        )
    }

    @Test("a reset in the middle of a body is a lost connection and transient")
    func resetInBody() async throws {
        let server = try FaultServer(.resetInBody("part"))
        let error = try await failure(HTTPRequest(method: "GET", url: server.origin + "/?secret=1"))
        #expect(error.code == .connectionLost)
        #expect(error.isTransient)
        #expect(error.origin == server.origin)
        #expect(error.libraryCode.hasPrefix("CURLE_"))
        #expect(!"\(error)".contains("secret"))
    }

    @Test("a connection that closes without an answer is lost, after one more try on a new one")
    func nothing() async throws {
        let server = try FaultServer(FaultReply(.close))
        let error = try await failure(HTTPRequest(method: "GET", url: server.origin))
        #expect(error.code == .connectionLost)
    }

    @Test("a body is sent again when a kept connection turns out to be dead")
    func deadConnection() async throws {
        let server = try FaultServer { _, number in
            number == 1 ? FaultReply(.reset) : .status(200)
        }
        _ = try await client.send(HTTPRequest(method: "GET", url: server.origin))
        let body = HTTPBody([UInt8](repeating: 5, count: 1000))
        let response = try? await client.send(HTTPRequest(method: "PUT", url: server.origin, body: body))
        if response != nil { #expect(server.requests.last?.body.count == 1000) }
    }

    @Test("a transfer that stands still times out")
    func stall() async throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin".utf8)
        let server = try FaultServer(FaultReply(.send(head), .wait(milliseconds: 600_000)))
        var request = HTTPRequest(method: "GET", url: server.origin)
        request.timeouts.stall = .seconds(1)
        let error = try await failure(request)
        #expect(error.code == .timedOut)
        #expect(error.isTransient)
    }

    @Test("a time limit for the whole request is kept")
    func total() async throws {
        let server = try FaultServer(FaultReply(.wait(milliseconds: 600_000)))
        var request = HTTPRequest(method: "GET", url: server.origin)
        request.timeouts.total = .milliseconds(200)
        #expect(try await failure(request).code == .timedOut)
    }

    @Test("where nobody listens, connecting fails")
    func refused() async throws {
        let unserved = try UnservedPort()
        let error = try await failure(HTTPRequest(method: "GET", url: "http://127.0.0.1:\(unserved.port)/"))
        #expect(error.code == .cannotConnect || error.code == .connectionLost)
        #expect(error.isTransient)
    }

    @Test("a response beyond the limit is refused")
    func tooLarge() async throws {
        let server = try FaultServer(.status(200, [:], String(repeating: "x", count: 1001)))
        let error = try await failure(HTTPRequest(method: "GET", url: server.origin))
        #expect(error.code == .responseTooLarge)
        #expect(!error.isTransient)
    }

    @Test("of a large error body only the beginning is read")
    func largeErrorBody() async throws {
        let server = try FaultServer(.status(500, [:], String(repeating: "e", count: 4 << 20)))
        let response = try await client.send(HTTPRequest(method: "GET", url: server.origin))
        #expect(response.status == 500)
        #expect(response.body.count == HTTPClient.errorBodyLimit)
    }

    @Test("cancelling the task ends the transfer without waiting for the server")
    func cancellation() async throws {
        let server = try FaultServer(FaultReply(.wait(milliseconds: 600_000)))
        let task = Task { [client] in
            await #expect(throws: HTTPError.self) {
                try await client.send(HTTPRequest(method: "GET", url: server.origin))
            }
        }
        try await Task.sleep(for: .milliseconds(100))
        let clock = ContinuousClock()
        let start = clock.now
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        #expect(clock.now - start < .seconds(300))
    }

    @Test("a task that is cancelled already sends nothing it would wait for")
    func cancelledBefore() async throws {
        let server = try FaultServer(FaultReply(.wait(milliseconds: 600_000)))
        let task = Task { [client] in
            withUnsafeCurrentTask { $0?.cancel() }
            return await #expect(throws: HTTPError.self) {
                try await client.send(HTTPRequest(method: "GET", url: server.origin))
            }
        }
        #expect(await task.value?.code == .cancelled)
    }

    @Test("other schemes than http and https are refused", arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x"])
    func scheme(url: String) async throws {
        let error = try await failure(HTTPRequest(method: "GET", url: url))
        #expect(error.code == .invalidRequest)
        #expect(!error.isTransient)
    }

    @Test("a header with a line break is refused")
    func headerInjection() async throws {
        let headers: HTTPHeaders = HTTPHeaders(["X-A": "1\r\nX-B: 2"])
        let error = try await failure(HTTPRequest(method: "GET", url: "http://127.0.0.1:1/", headers: headers))
        #expect(error.code == .invalidRequest)
    }

    @Test("a source that fails or ends early fails the request", arguments: [true, false])
    func brokenSource(throwing: Bool) async throws {
        struct Broken: HTTPBodySource {
            struct Failure: Error {}
            let isThrowing: Bool
            func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
                if isThrowing { throw Failure() }
                return 0
            }
        }
        let server = try FaultServer(.status(200))
        let body = HTTPBody(byteCount: 10, source: Broken(isThrowing: throwing))
        let error = try await failure(HTTPRequest(method: "PUT", url: server.origin, body: body))
        #expect(error.code == .bodyUnreadable)
    }

    @Test("headers that carry credentials do not print them")
    func redaction() {
        let headers = HTTPHeaders(["Authorization": "AWS4 canary", "X-Amz-Security-Token": "canary", "X-A": "shown"])
        var text = "\(headers) \(String(reflecting: headers))"
        dump(HTTPRequest(method: "GET", url: "http://h/", headers: headers), to: &text)
        #expect(!text.contains("canary"))
        #expect(text.contains("shown"))
    }
}

import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("HTTP client")
struct HTTPClientTests {
    private let client: HTTPClient

    init() throws {
        client = try HTTPClient()
    }

    @Test("status, headers and body of a response arrive")
    func response() async throws {
        let server = try FaultServer(.status(404, ["X-Kind": "  odd one "], "not here"))
        let response = try await client.send(HTTPRequest(method: "GET", url: server.origin + "/"))
        #expect(response.status == 404)
        #expect(response.headers["x-kind"] == "odd one")
        #expect(String(decoding: response.body, as: UTF8.self) == "not here")
        #expect(!response.isSuccess)
    }

    @Test("path and query are sent byte for byte")
    func pathAsIs() async throws {
        let server = try FaultServer(.status(200))
        _ = try await client.send(HTTPRequest(method: "GET", url: server.origin + "/a/../b//c%3D%2B?q=%20&r="))
        #expect(server.requests.first?.target == "/a/../b//c%3D%2B?q=%20&r=")
    }

    @Test("a body of several is sent as one, with its length and a content type", arguments: ["PUT", "POST"])
    func joinedBody(method: String) async throws {
        let server = try FaultServer(.status(200))
        let segments: [ArraySlice<UInt8>] = [
            [1, 2, 3], [], [4], [5, 6][1...], Array(repeating: 7, count: 200_000)[...],
        ]
        let body = HTTPBody(joining: segments.map { HTTPBody($0) })
        _ = try await client.send(HTTPRequest(method: method, url: server.origin, body: body))
        let request = try #require(server.requests.first)
        #expect(request.method == method)
        #expect(request.body == segments.flatMap { $0 })
        #expect(request["content-length"] == "200005")
        #expect(request["content-type"] == "application/octet-stream")
        #expect(request["transfer-encoding"] == nil)
        #expect(request["expect"] == nil)
    }

    @Test("only a large body waits for the server's consent")
    func expectContinue() async throws {
        let server = try FaultServer(.status(200))
        let body = HTTPBody([UInt8](repeating: 1, count: 3 << 20))
        _ = try await client.send(HTTPRequest(method: "PUT", url: server.origin, body: body))
        let request = try #require(server.requests.first)
        #expect(request["expect"] == "100-continue")
        #expect(request.body.count == 3 << 20)
    }

    @Test("an empty body is sent with length zero", arguments: ["PUT", "POST"])
    func emptyBody(method: String) async throws {
        let server = try FaultServer(.status(200))
        _ = try await client.send(HTTPRequest(method: method, url: server.origin))
        _ = try await client.send(HTTPRequest(method: method, url: server.origin, body: HTTPBody([])))
        #expect(server.requests.map { $0["content-length"] } == ["0", "0"])
    }

    @Test("HEAD does not wait for a body")
    func headRequest() async throws {
        let server = try FaultServer(.head(200, ["Content-Length": "12345", "ETag": "x"]))
        let response = try await client.send(HTTPRequest(method: "HEAD", url: server.origin))
        #expect(response.headers["content-length"] == "12345")
        #expect(response.body.isEmpty)
    }

    @Test("a redirect is not followed")
    func redirect() async throws {
        let decoy = try FaultServer(.status(200, [:], "stolen"))
        let server = try FaultServer(.status(307, ["Location": decoy.origin + "/"]))
        let response = try await client.send(HTTPRequest(method: "GET", url: server.origin))
        #expect(response.status == 307)
        #expect(decoy.requests.isEmpty)
    }

    @Test("requests one after the other share a connection")
    func connectionReuse() async throws {
        let server = try FaultServer(.status(200, [:], "ok"))
        var pauses = 0
        for _ in 0..<5 {
            let start = ContinuousClock.now
            _ = try await client.send(HTTPRequest(method: "GET", url: server.origin))
            // libcurl takes no connection that was idle for 118 s, as one may be where many tests wait for a core.
            if ContinuousClock.now - start > .seconds(50) { pauses += 1 }
        }
        #expect(server.connections <= 1 + pauses)
    }

    @Test("many requests run at once")
    func parallel() async throws {
        let server = try FaultServer { request, _ in .status(200, [:], request.target) }
        let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<50 {
                group.addTask { [client] in
                    let response = try await client.send(HTTPRequest(method: "GET", url: "\(server.origin)/\(number)"))
                    return (number, String(decoding: response.body, as: UTF8.self))
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(answers.count == 50)
        #expect(answers.allSatisfy { $0.value == "/\($0.key)" })
    }

    @Test("the body of a success can be streamed, and the reader can stop it")
    func streaming() async throws {
        let server = try FaultServer(.status(200, [:], String(repeating: "z", count: 100_000)))
        let count = Atomic(0)
        let request = HTTPRequest(method: "GET", url: server.origin)
        let response = try await client.send(
            request,
            into: .stream { piece in
                count.add(piece.byteCount, ordering: .relaxed)
                return true
            }
        )
        #expect(count.load(ordering: .relaxed) == 100_000)
        #expect(response.body.isEmpty)
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(request, into: .stream { _ in false })
        }
        #expect(error?.code == .cancelled)
    }
}

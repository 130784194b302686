import TestSupport
import Testing

@testable import HTTP

@Suite("Proxies")
struct ProxyTests {
    private func client(_ proxies: HTTPProxies) throws -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.proxies = proxies
        return try HTTPClient(configuration)
    }

    /// An address of this machine that is not a loopback address by its text.
    private func url(_ server: FaultServer) -> String { "http://0.0.0.0:\(server.port)/x" }

    @Test("a request goes through the proxy of its scheme")
    func proxied() async throws {
        let proxy = try FaultServer(.status(200, [:], "proxy"))
        let direct = try FaultServer(.status(200, [:], "direct"))
        let set = try client(HTTPProxies(http: proxy.origin))
        let response = try await set.send(HTTPRequest(method: "GET", url: url(direct)))
        #expect(String(decoding: response.body, as: UTF8.self) == "proxy")
        #expect(proxy.requests.first?.target == url(direct))
        let other = try client(HTTPProxies(https: proxy.origin))
        #expect(
            String(decoding: try await other.send(HTTPRequest(method: "GET", url: url(direct))).body, as: UTF8.self)
                == "direct"
        )
    }

    @Test("an https request asks its proxy for a tunnel, with the proxy's password and none of its own headers")
    func tunnel() async throws {
        let proxy = try FaultServer(.status(407))
        let set = try client(HTTPProxies(https: "http://user:canary@127.0.0.1:\(proxy.port)"))
        let headers = HTTPHeaders(["Authorization": "secret"])
        let request = HTTPRequest(method: "GET", url: "https://lake.example/x", headers: headers)
        let error = await #expect(throws: HTTPError.self) { _ = try await set.send(request) }
        #expect(proxy.requests.first?.method == "CONNECT")
        #expect(proxy.requests.first?["proxy-authorization"] == "Basic dXNlcjpjYW5hcnk=")
        #expect(proxy.requests.first?["authorization"] == nil)
        var text = "\(try #require(error))"
        dump(error, to: &text)
        #expect(!text.contains("canary"))
    }

    @Test(
        "a proxy's URL that cannot be read is an error that does not show it",
        arguments: ["ftp://user:canary@127.0.0.1:1", "http://user:canary@127.0.0.1:x", "http://user:canary@[bad/"]
    )
    func unreadable(proxy: String) async throws {
        let set = try client(HTTPProxies(http: proxy))
        let request = HTTPRequest(method: "GET", url: "http://0.0.0.0:1/")
        let error = await #expect(throws: HTTPError.self) { _ = try await set.send(request) }
        var text = "\(try #require(error))"
        dump(error, to: &text)
        #expect(!text.contains("canary"), "\(text)")
    }

    @Test("exceptions are reached directly", arguments: ["0.0.0.0", "a.example, 0.0.0.0", "*", "0.0.0.0/8"])
    func exceptions(list: String) async throws {
        let proxy = try FaultServer(.status(200, [:], "proxy"))
        let direct = try FaultServer(.status(200, [:], "direct"))
        let set = try client(HTTPProxies(http: proxy.origin, exceptions: list))
        let response = try await set.send(HTTPRequest(method: "GET", url: url(direct)))
        #expect(String(decoding: response.body, as: UTF8.self) == "direct")
    }

    @Test("this machine is never reached by a proxy")
    func loopback() async throws {
        let proxy = try FaultServer(.status(200, [:], "proxy"))
        let direct = try FaultServer(.status(200, [:], "direct"))
        let set = try client(HTTPProxies(http: proxy.origin))
        let response = try await set.send(HTTPRequest(method: "GET", url: direct.origin))
        #expect(String(decoding: response.body, as: UTF8.self) == "direct")
        #expect(proxy.requests.isEmpty)
    }

    @Test(
        "metadata addresses are this machine's; names that begin like them are not",
        arguments: [
            ("http://169.254.169.254/latest", true), ("http://169.254.170.2/v2", true),
            ("http://169.254.170.23:80/", true), ("http://[fd00:ec2::254]/latest", true),
            ("http://[FD00:EC2::23]/", true), ("http://127.0.0.1:8080", true), ("http://[::1]:1/", true),
            ("http://localhost/", true), ("http://169.254.169.254.evil.example/", false),
            ("http://127.0.0.1.evil.example/", false), ("http://localhost.evil.example/", false),
            ("https://s3.eu-west-1.amazonaws.com/", false), ("http://127.0.0.1@evil.example/", false),
        ]
    )
    func local(url: String, isLocal: Bool) {
        let request = HTTPRequest(method: "GET", url: url)
        let submission = Submission(request, .memory(limit: 1), HTTPClient.Configuration())
        #expect(submission.isLocal == isLocal)
    }
}

import AWS
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("AWS client")
struct AWSClientTests {
    private let http: HTTPClient

    init() throws {
        http = try HTTPClient()
    }

    /// Hands out numbered keys, a new one for every renewal.
    private final class Rotating: CredentialsProvider {
        let renewals = Mutex(0)

        func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
            let number = renewals.withLock { count in
                if freshness == .replacing(accessKeyID: "KEY\(count)") { count += 1 }
                return count
            }
            return Credentials(
                accessKeyID: "KEY\(number)",
                secretAccessKey: Secret("canary"),
                sessionToken: Secret("canary"),
                source: "test"
            )
        }
    }

    private func client(_ server: FaultServer, _ credentials: any CredentialsProvider = Rotating()) throws -> AWSClient
    {
        let endpoint = try Endpoint(url: server.origin)
        var configuration = AWSClient.Configuration(service: "s3", region: "us-east-1") { _ in endpoint }
        configuration.retry.firstDelay = .milliseconds(2)
        configuration.retry.firstThrottledDelay = .milliseconds(2)
        return AWSClient(configuration, http: http, credentials: credentials)
    }

    private var request: ServiceRequest {
        var request = ServiceRequest(method: "PUT", target: RequestTarget(path: "/bucket/a=b"))
        request.body = HTTPBody(Array("body".utf8))
        return request
    }

    @Test("SlowDown, 500 and a reset are got over, and the body is sent whole each time")
    func retries() async throws {
        let server = try FaultServer(.s3Error(503, "SlowDown"), .s3Error(500, "InternalError"), .status(200))
        let response = try await client(server).send(request)
        #expect(response.status == 200)
        #expect(server.requests.map(\.body) == Array(repeating: Array("body".utf8), count: 3))
        #expect(server.requests.allSatisfy { $0.target == "/bucket/a%3Db" })
        let second = try FaultServer(.resetInBody(""), .status(200))
        #expect(try await client(second).send(request).status == 200)
    }

    @Test("after three attempts the last answer is the error, which is transient and names the request")
    func exhausted() async throws {
        let server = try FaultServer(.s3Error(503, "SlowDown"))
        let error = await #expect(throws: AWSError.self) { try await client(server).send(request) }
        #expect(server.requests.count == 3)
        #expect(error?.isTransient == true)
        #expect(error?.failure?.code == "SlowDown")
        #expect(error?.attempts == 3)
        #expect(error?.description.contains("REQ1") == true)
    }

    @Test("access denied is not tried again")
    func accessDenied() async throws {
        let server = try FaultServer(.s3Error(403, "AccessDenied"))
        let error = await #expect(throws: AWSError.self) { try await client(server).send(request) }
        #expect(server.requests.count == 1)
        #expect(error?.isTransient == false)
    }

    @Test("an expired token is replaced once")
    func expiredToken() async throws {
        let server = try FaultServer(.s3Error(400, "ExpiredToken"), .status(200), .s3Error(400, "ExpiredToken"))
        let client = try client(server)
        _ = try await client.send(request)
        let keys = server.requests.map { $0["authorization"]?.contains("Credential=KEY1/") }
        #expect(keys == [false, true])
        let error = await #expect(throws: AWSError.self) { try await client.send(request) }
        #expect(error?.failure?.code == "ExpiredToken")
        #expect(server.requests.count == 4)
    }

    @Test("a skewed clock is corrected from the Date header, for later requests too")
    func clockSkew() async throws {
        let date = ["Date": "Fri, 24 May 2013 00:00:00 GMT"]
        let server = try FaultServer(.s3Error(403, "RequestTimeTooSkewed", date), .status(200))
        let client = try client(server)
        _ = try await client.send(request)
        _ = try await client.send(request)
        let dates = server.requests.map { $0["x-amz-date"]?.hasPrefix("20130524T0000") }
        #expect(dates == [false, true, true])
    }

    @Test("the region that the server names is signed for, for later requests too")
    func region() async throws {
        let more = "<Region>eu-west-1</Region>"
        let server = try FaultServer(.s3Error(400, "AuthorizationHeaderMalformed", [:], more), .status(200))
        let client = try client(server)
        _ = try await client.send(request)
        _ = try await client.send(request)
        let regions = server.requests.map { $0["authorization"]?.contains("/eu-west-1/s3/") }
        #expect(regions == [false, true, true])
        #expect(client.region == "eu-west-1")
    }

    @Test("a redirect to another host is not followed")
    func decoy() async throws {
        let decoy = try FaultServer(.status(200))
        let location = ["Location": decoy.origin + "/bucket/a"]
        let server = try FaultServer(
            .s3Error(307, "TemporaryRedirect", location, "<Endpoint>\(decoy.origin)</Endpoint>")
        )
        await #expect(throws: AWSError.self) { try await client(server).send(request) }
        #expect(decoy.requests.isEmpty)
    }

    @Test("an error inside a success counts as the error")
    func hiddenError() async throws {
        let server = try FaultServer(.s3Error(200, "InternalError"), .status(200, [:], "<Done/>"))
        let response = try await client(server).send(request) { response in
            let root = try? XMLElement.parse(response.body, sizeLimit: 1000)
            return root?.name == "Done" ? nil : ServiceFailure(xml: response, status: 500)
        }
        #expect(String(decoding: response.body, as: UTF8.self) == "<Done/>")
        #expect(server.requests.count == 2)
    }

    @Test("no secret and no token of an error document reaches the error")
    func secrets() async throws {
        let server = try FaultServer(.s3Error(400, "InvalidToken", [:], "<Token-0>canary</Token-0>"))
        let error = await #expect(throws: AWSError.self) { try await client(server).send(request) }
        var text = "\(try #require(error))"
        dump(error, to: &text)
        #expect(!text.contains("canary"))
    }

    @Test("a page of a proxy, of any size, is an error like any other")
    func foreignBody() async throws {
        let page = "<!DOCTYPE html><html>" + String(repeating: "x", count: 1 << 20)
        let server = try FaultServer(.status(403, [:], page))
        let error = await #expect(throws: AWSError.self) { try await client(server).send(request) }
        #expect(error?.failure?.status == 403)
        #expect(error?.failure?.code == "")
    }

    @Test("cancelling ends the pause between attempts")
    func cancellation() async throws {
        let server = try FaultServer(.s3Error(503, "SlowDown", ["Retry-After": "19"]))
        let client = try client(server)
        let task = Task {
            await #expect(throws: AWSError.self) { try await client.send(request) }
        }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        #expect(await task.value?.code == .cancelled)
    }
}

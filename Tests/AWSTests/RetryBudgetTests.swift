import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Retry budget")
struct RetryBudgetTests {
    @Test("repetitions cost tokens until none are left, and successes bring them back")
    func tokens() {
        let budget = RetryBudget()
        for _ in 0..<100 { #expect(budget.take(afterTimeout: false) == 5) }
        #expect(budget.take(afterTimeout: false) == nil)
        for _ in 0..<5 { budget.succeed(lastCost: nil) }
        #expect(budget.take(afterTimeout: true) == nil)
        #expect(budget.take(afterTimeout: false) == 5)
        budget.succeed(lastCost: 10)
        #expect(budget.take(afterTimeout: true) == 10)
        for _ in 0..<1000 { budget.succeed(lastCost: 10) }
        var count = 0
        while budget.take(afterTimeout: true) != nil { count += 1 }
        #expect(count == 50)
    }

    @Test("a client whose service stays down stops repeating its requests, until one succeeds")
    func client() async throws {
        let server = try FaultServer { request, _ in
            request.target == "/good" ? .status(200) : .s3Error(503, "SlowDown")
        }
        let endpoint = try Endpoint(url: server.origin)
        var configuration = AWSClient.Configuration(service: "s3", region: "r1") { _ in endpoint }
        configuration.retry.firstDelay = .zero
        configuration.retry.firstThrottledDelay = .zero
        let keys = Credentials(accessKeyID: "A", secretAccessKey: Secret("s"), source: "test")
        let client = AWSClient(configuration, http: try HTTPClient(), credentials: StaticCredentials(keys))
        func send(_ path: String) async -> AWSError? {
            do {
                _ = try await client.send(ServiceRequest(method: "GET", target: RequestTarget(path: path)))
                return nil
            } catch {
                return error
            }
        }
        for _ in 0..<50 { #expect(await send("/bad")?.attempts == 3) }
        let error = try #require(await send("/bad"))
        #expect(error.attempts == 1)
        #expect(error.isTransient)
        for _ in 0..<5 { #expect(await send("/good") == nil) }
        #expect(await send("/bad")?.attempts == 2)
    }
}

import Synchronization
import Testing

@testable import AWS

@Suite("Renewal of credentials")
struct CredentialsRefreshTests {
    private static let noon = CredentialsSetup.noon

    private static func credentials(_ id: String, minutes: Int64?, from now: Timestamp = noon) -> Credentials {
        Credentials(
            accessKeyID: id,
            secretAccessKey: Secret("s"),
            sessionToken: Secret("t"),
            expiration: minutes.map { Timestamp(seconds: now.seconds + $0 * 60) },
            source: "test"
        )
    }

    private func word(
        _ refresh: CredentialsRefresh,
        _ freshness: CredentialsFreshness = .kept,
        after minutes: Int64
    ) -> String {
        switch refresh.action(freshness, at: Timestamp(seconds: Self.noon.seconds + minutes * 60)) {
        case .use: "use"
        case .useAndRefresh: "use and refresh"
        case .wait: "wait"
        }
    }

    @Test("new ones are fetched from 15 minutes before the end on, and waited for from 10 minutes on")
    func windows() {
        var refresh = CredentialsRefresh()
        #expect(word(refresh, after: 0) == "wait")
        refresh.succeed(Self.credentials("A", minutes: 60), at: Self.noon)
        #expect(
            [0, 45, 46, 50, 51, 60, 61].map { word(refresh, after: $0) } == [
                "use", "use", "use and refresh", "use and refresh", "wait", "wait", "wait",
            ]
        )
    }

    @Test("credentials without an end are kept until a server refuses them")
    func permanent() {
        var refresh = CredentialsRefresh()
        refresh.succeed(Self.credentials("A", minutes: nil), at: Self.noon)
        #expect(word(refresh, after: 1_000_000) == "use")
        #expect(word(refresh, .replacing(accessKeyID: "A"), after: 0) == "wait")
        #expect(word(refresh, .replacing(accessKeyID: "OLD"), after: 0) == "use")
    }

    @Test("a failure leaves the kept ones in use, and the next attempt waits a minute")
    func failure() {
        var refresh = CredentialsRefresh()
        refresh.succeed(Self.credentials("A", minutes: 60), at: Self.noon)
        refresh.fail(at: Timestamp(seconds: Self.noon.seconds + 46 * 60))
        #expect(word(refresh, after: 46) == "use")
        #expect(word(refresh, after: 47) == "use and refresh")
        refresh.fail(at: Timestamp(seconds: Self.noon.seconds + 52 * 60))
        #expect(word(refresh, after: 52) == "wait")
    }

    @Test("credentials that are short-lived from the start are not fetched again before every request")
    func shortLived() {
        var refresh = CredentialsRefresh()
        refresh.succeed(Self.credentials("A", minutes: 5), at: Self.noon)
        #expect(word(refresh, after: 0) == "use")
        #expect(word(refresh, after: 1) == "wait")
    }

    @Test("a source that repeats refused credentials is not asked again by everyone who holds them")
    func repeated() {
        var refresh = CredentialsRefresh()
        refresh.succeed(Self.credentials("A", minutes: 60), at: Self.noon)
        #expect(word(refresh, .replacing(accessKeyID: "A"), after: 0) == "wait")
        refresh.succeed(Self.credentials("A", minutes: 60), at: Self.noon)
        #expect(word(refresh, .replacing(accessKeyID: "A"), after: 0) == "use")
        #expect(word(refresh, .replacing(accessKeyID: "A"), after: 1) == "wait")
    }

    /// Counts fetches, each of which gets as far as the test lets it.
    private final class Source: Sendable {
        let clock = Mutex(CredentialsRefreshTests.noon)
        let fetches = Mutex(0)
        let gate = PendingCredentials()
        let isGated = Atomic(false)
        let isFailing = Atomic(false)

        func fetch() async -> Result<Credentials, AWSError> {
            let number = fetches.withLock { count in
                count += 1
                return count
            }
            if isGated.load(ordering: .acquiring) { _ = try? await gate.value() }
            if isFailing.load(ordering: .acquiring) { return .failure(AWSError(.noCredentials, detail: "scripted")) }
            return .success(CredentialsRefreshTests.credentials("K\(number)", minutes: 60, from: now))
        }

        var now: Timestamp { clock.withLock { $0 } }

        func advance(minutes: Int64) {
            clock.withLock { $0 = Timestamp(seconds: $0.seconds + minutes * 60) }
        }

        var provider: RefreshingCredentials {
            RefreshingCredentials(now: { self.now }, fetch: { await self.fetch() })
        }
    }

    @Test("many callers at once cause one fetch, and all get what it brought")
    func oneFetch() async throws {
        let source = Source()
        source.isGated.store(true, ordering: .releasing)
        let provider = source.provider
        let found = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<200 { group.addTask { try await provider.credentials(.kept).accessKeyID } }
            while source.fetches.withLock({ $0 }) == 0 { await Task.yield() }
            source.gate.finish(.failure(AWSError(.cancelled, detail: "")))
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(found == ["K1"])
        #expect(source.fetches.withLock { $0 } == 1)
    }

    @Test("many callers that are refused the same key cause one renewal")
    func oneRenewal() async throws {
        let source = Source()
        let provider = source.provider
        #expect(try await provider.credentials(.kept).accessKeyID == "K1")
        let found = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<200 {
                group.addTask { try await provider.credentials(.replacing(accessKeyID: "K1")).accessKeyID }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(found == ["K2"])
    }

    @Test("in the last quarter of an hour callers go on with the kept ones while new ones are fetched")
    func advisory() async throws {
        let source = Source()
        let provider = source.provider
        _ = try await provider.credentials(.kept)
        source.isGated.store(true, ordering: .releasing)
        source.advance(minutes: 46)
        for _ in 0..<20 { #expect(try await provider.credentials(.kept).accessKeyID == "K1") }
        source.gate.finish(.failure(AWSError(.cancelled, detail: "")))
        while try await provider.credentials(.kept).accessKeyID == "K1" { await Task.yield() }
        #expect(source.fetches.withLock { $0 } == 2)
    }

    @Test("in the last ten minutes an error is the callers', and one that may pass")
    func mandatory() async throws {
        let source = Source()
        let provider = source.provider
        _ = try await provider.credentials(.kept)
        source.isFailing.store(true, ordering: .releasing)
        source.advance(minutes: 46)
        #expect(try await provider.credentials(.kept).accessKeyID == "K1")
        while source.fetches.withLock({ $0 }) < 2 { await Task.yield() }
        source.advance(minutes: 6)
        let error = await #expect(throws: AWSError.self) { try await provider.credentials(.kept) }
        #expect(error?.isTransient == true)
        source.isFailing.store(false, ordering: .releasing)
        #expect(try await provider.credentials(.kept).accessKeyID.hasPrefix("K"))
    }

    @Test("a caller that is cancelled waits no longer, and the others get the credentials")
    func cancellation() async throws {
        let source = Source()
        source.isGated.store(true, ordering: .releasing)
        let provider = source.provider
        let patient = Task { try await provider.credentials(.kept).accessKeyID }
        let impatient = Task { await #expect(throws: AWSError.self) { try await provider.credentials(.kept) } }
        while source.fetches.withLock({ $0 }) == 0 { await Task.yield() }
        impatient.cancel()
        #expect(await impatient.value?.code == .cancelled)
        source.gate.finish(.failure(AWSError(.cancelled, detail: "")))
        #expect(try await patient.value == "K1")
    }
}

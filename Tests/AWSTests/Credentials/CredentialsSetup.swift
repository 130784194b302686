import Glibc
import HTTP
import TestSupport
import Testing

@testable import AWS

/// A home folder with shared files, and providers that look there at noon of a certain day.
struct CredentialsSetup {
    /// 2026-01-01, 12:00.
    static let noon = Timestamp(seconds: 1_767_268_800)
    /// The only text of tests that may show nowhere.
    static let canary = "canary-wJalrXUtnFEMI"

    let home: TemporaryFolder
    let http: HTTPClient

    init() throws {
        home = try TemporaryFolder()
        http = try HTTPClient()
        for path in [".aws", ".aws/sso", ".aws/sso/cache"] {
            try #require(mkdir("\(home.path)/\(path)", 0o700) == 0)
        }
    }

    func environment(_ variables: [String: String] = [:]) -> Environment {
        let usual = ["HOME": home.path, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"]
        return Environment(usual.merging(variables) { $1 })
    }

    func provider(
        _ variables: [String: String] = [:],
        profile: String? = nil,
        now: @escaping @Sendable () -> Timestamp = { noon },
        _ change: @escaping @Sendable (inout CredentialsLoader) -> Void = { _ in }
    ) -> DefaultCredentials {
        DefaultCredentials(environment: environment(variables), profile: profile, http: http, now: now, change)
    }

    func find(
        _ variables: [String: String] = [:],
        profile: String? = nil,
        _ change: @escaping @Sendable (inout CredentialsLoader) -> Void = { _ in }
    ) async throws -> Credentials {
        try await provider(variables, profile: profile, change).credentials(.kept)
    }

    /// The error of looking, which must not show the canary.
    func failure(
        _ variables: [String: String] = [:],
        profile: String? = nil,
        _ change: @escaping @Sendable (inout CredentialsLoader) -> Void = { _ in }
    ) async throws -> AWSError {
        let provider = provider(variables, profile: profile, change)
        let error = try #require(await #expect(throws: AWSError.self) { _ = try await provider.credentials(.kept) })
        var text = "\(error) \(String(reflecting: error))"
        dump(error, to: &text)
        #expect(!text.contains(Self.canary))
        return error
    }

    /// Credentials in JSON, as containers and machines get them; members can be replaced.
    static func document(_ id: String = "ASIA1", _ members: [String: String?] = [:]) -> String {
        let usual: [String: String?] = [
            "Code": "\"Success\"", "AccessKeyId": "\"\(id)\"", "SecretAccessKey": "\"\(canary)\"",
            "Token": "\"\(canary)\"", "Expiration": "\"2026-01-01T13:00:00Z\"",
        ]
        let all = usual.merging(members) { $1 }.compactMapValues { $0 }
        return "{" + all.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
    }
}

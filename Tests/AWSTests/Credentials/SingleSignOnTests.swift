import Glibc
import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Credentials of a login")
struct SingleSignOnTests {
    private let setup: CredentialsSetup

    init() throws {
        setup = try CredentialsSetup()
        try setup.home.write(
            ".aws/config",
            """
            [profile p]
            sso_session = work
            sso_account_id = 123456789012
            sso_role_name = Writer Role
            [sso-session work]
            sso_start_url = https://example.awsapps.com/start
            sso_region = eu-central-1
            [profile old]
            sso_start_url = https://example.awsapps.com/start
            sso_region = eu-central-1
            sso_account_id = 123456789012
            sso_role_name = Reader
            """
        )
    }

    private func path(_ profile: String = "p") throws -> String {
        let environment = setup.environment()
        let plan = try ProfilePlanner(files: SharedFiles(environment: environment), now: CredentialsSetup.noon)
            .own(profile)
        guard case .singleSignOn(let login) = plan else { throw AWSError(.noCredentials, detail: "no login") }
        let path = try SingleSignOnToken.path(login, environment)
        return String(path.dropFirst(setup.home.path.utf8.count + 1))
    }

    private func login(expires: String, _ more: [String: String] = [:], profile: String = "p") throws {
        let usual = ["accessToken": CredentialsSetup.canary, "expiresAt": expires]
        let members = usual.merging(more) { $1 }.map { "\"\($0.key)\": \"\($0.value)\"" }
        try setup.home.write(try path(profile), "{\(members.joined(separator: ", "))}")
    }

    private let registration = [
        "clientId": "client", "clientSecret": "client-secret", "refreshToken": "refresh-token",
        "registrationExpiresAt": "2026-03-01T00:00:00Z", "startUrl": "https://example.awsapps.com/start",
        "region": "eu-central-1",
    ]

    private static let credentials = """
        {"roleCredentials": {"accessKeyId": "ASIA1", "secretAccessKey": "\(CredentialsSetup.canary)",
        "sessionToken": "\(CredentialsSetup.canary)", "expiration": 1767272400000}}
        """

    private func variables(_ server: FaultServer) -> [String: String] {
        ["AWS_ENDPOINT_URL_SSO": server.origin, "AWS_ENDPOINT_URL_SSO_OIDC": server.origin, "AWS_PROFILE": "p"]
    }

    @Test("the file of a login is named by the SHA-1 of the session, or of the start URL")
    func cacheNames() throws {
        #expect(try path() == ".aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json")
        #expect(try path("old") == ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json")
    }

    @Test("the portal is asked for the role with the login's token, which is no signature")
    func found() async throws {
        try login(expires: "2026-01-01T20:00:00Z")
        let server = try FaultServer(.status(200, [:], Self.credentials))
        let found = try await setup.find(variables(server))
        #expect(found.accessKeyID == "ASIA1")
        #expect(found.expiration == Timestamp(seconds: CredentialsSetup.noon.seconds + 3600))
        let request = try #require(server.requests.first)
        #expect(request.target == "/federation/credentials?account_id=123456789012&role_name=Writer%20Role")
        #expect(request["x-amz-sso_bearer_token"] == CredentialsSetup.canary)
        #expect(request["authorization"] == nil)
        try login(expires: "2026-01-01T20:00:00UTC", profile: "old")
        #expect(try await setup.find(variables(server), profile: "old").accessKeyID == "ASIA1")
    }

    @Test("without a login, with an unreadable or an expired one, the error says how to log in")
    func loggedOut() async throws {
        let server = try FaultServer(.status(500))
        let absent = try await setup.failure(variables(server))
        #expect(absent.code == .credentialsFailed)
        #expect(absent.detail.contains("there is no login"))
        #expect(absent.remedy == "Run aws sso login --profile p")
        try setup.home.write(try path(), "{\"accessToken\": \"\(CredentialsSetup.canary)\"}")
        #expect(try await setup.failure(variables(server)).detail.contains("has no expiresAt"))
        try setup.home.write(try path(), "{\"accessToken\": \"a\\r\\nb\", \"expiresAt\": \"2026-01-01T20:00:00Z\"}")
        #expect(try await setup.failure(variables(server)).detail.contains("contains a space, a line break"))
        try login(expires: "2026-01-01T11:00:00Z")
        #expect(try await setup.failure(variables(server)).description.contains("Run aws sso login --profile p"))
        try login(expires: "soon")
        #expect(try await setup.failure(variables(server)).detail.contains("has expired"))
        #expect(server.requests.isEmpty)
    }

    @Test("a login that the portal does not know needs a person, a role that it refuses too")
    func refused() async throws {
        try login(expires: "2026-01-01T20:00:00Z")
        let body = "{\"message\": \"Session token \(CredentialsSetup.canary) not found or invalid\"}"
        let headers = ["x-amzn-ErrorType": "UnauthorizedException"]
        let unknown = try FaultServer(.status(401, headers, body))
        let error = try await setup.failure(variables(unknown))
        #expect(error.detail.contains("UnauthorizedException (HTTP status 401): Session token <redacted> not found"))
        #expect(error.remedy == "Run aws sso login --profile p")
        let forbidding = try FaultServer(.status(403, [:], "{\"message\": \"No access\"}"))
        #expect(try await setup.failure(variables(forbidding)).remedy?.contains("has the role Writer Role") == true)
    }

    @Test("a login near its end is renewed, and its file holds the new token and nothing less")
    func renewal() async throws {
        try login(expires: "2026-01-01T12:10:00Z", registration)
        let server = try FaultServer(
            .status(200, [:], #"{"accessToken": "new-token", "expiresIn": 3600, "refreshToken": "next"}"#),
            .status(200, [:], Self.credentials)
        )
        #expect(try await setup.find(variables(server)).accessKeyID == "ASIA1")
        let renewal = try #require(server.requests.first)
        #expect(renewal.method == "POST" && renewal.target == "/token")
        #expect(renewal["content-type"] == "application/json")
        let sent = String(decoding: renewal.body, as: UTF8.self)
        for member in [#""grantType":"refresh_token""#, #""refreshToken":"refresh-token""#, #""clientId":"client""#] {
            #expect(sent.contains(member))
        }
        #expect(server.requests.last?["x-amz-sso_bearer_token"] == "new-token")
        let file = "\(setup.home.path)/\(try path())"
        let kept = try JSONAnswer.read(Array(TextFile.read(file).text?.utf8 ?? "".utf8), as: SingleSignOnToken.self, "")
        #expect(kept.accessToken.exposed == "new-token")
        #expect(kept.refreshToken?.exposed == "next")
        #expect(kept.expiresAt == "2026-01-01T13:00:00Z")
        #expect(kept.clientID == "client" && kept.clientSecret?.exposed == "client-secret")
        #expect(kept.startURL == "https://example.awsapps.com/start" && kept.region == "eu-central-1")
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(setup.home.files().filter { $0.contains("sso/cache/") && !$0.hasSuffix("/") }.count == 1)
    }

    @Test("a renewal that fails does no harm before the end, and is the error after it")
    func failedRenewal() async throws {
        let server = try FaultServer { request, _ in
            request.target == "/token"
                ? .status(400, [:], #"{"error": "invalid_grant", "error_description": "refresh-token is unknown"}"#)
                : .status(200, [:], Self.credentials)
        }
        try login(expires: "2026-01-01T12:10:00Z", registration)
        #expect(try await setup.find(variables(server)).accessKeyID == "ASIA1")
        try login(expires: "2026-01-01T11:59:00Z", registration)
        let error = try await setup.failure(variables(server))
        #expect(error.detail.contains("invalid_grant (HTTP status 400): <redacted> is unknown"))
        #expect(error.remedy == "Run aws sso login --profile p")
        let count = server.requests.count
        try login(
            expires: "2026-01-01T11:59:00Z",
            registration.merging(["registrationExpiresAt": "2025-01-01T00:00:00Z"]) { $1 }
        )
        #expect(try await setup.failure(variables(server)).detail.contains("has expired"))
        #expect(server.requests.count == count)
    }

    @Test(
        "an answer of another form is refused without being shown",
        arguments: [
            (CredentialsSetup.canary, "is not JSON"),
            ("{}", "has no roleCredentials"),
            (#"{"roleCredentials": {"accessKeyId": "A"}}"#, "has no"),
            (
                #"{"roleCredentials": {"accessKeyId": "A", "secretAccessKey": "s", "sessionToken": "t", "expiration": "x"}}"#,
                "another type at roleCredentials.expiration"
            ),
            (
                #"{"roleCredentials": {"accessKeyId": "A", "secretAccessKey": "s", "sessionToken": "t", "expiration": 1}}"#,
                "expired at"
            ),
            (
                #"{"roleCredentials": {"accessKeyId": "A", "secretAccessKey": "s", "sessionToken": "t", "expiration": 9e99}}"#,
                "is not JSON"
            ),
        ]
    )
    func malformed(answer: String, reason: String) async throws {
        try login(expires: "2026-01-01T20:00:00Z")
        let server = try FaultServer(.status(200, [:], answer))
        let error = try await setup.failure(variables(server))
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains(reason), "\(error)")
    }
}

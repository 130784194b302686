import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Credentials of a machine")
struct InstanceMetadataTests {
    private let setup: CredentialsSetup
    private static let rolePath = "/latest/meta-data/iam/security-credentials/"

    init() throws {
        setup = try CredentialsSetup()
    }

    private func variables(_ server: FaultServer, _ more: [String: String] = [:]) -> [String: String] {
        let usual = ["AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin]
        return usual.merging(more) { $1 }
    }

    /// A service that answers each of the three requests.
    private static func service(
        role: FaultReply = .status(200, [:], "my-role\n"),
        credentials: FaultReply = .status(200, [:], CredentialsSetup.document())
    ) throws -> FaultServer {
        try FaultServer { request, _ in
            switch request.target {
            case "/latest/api/token": .status(200, [:], "TOKEN==")
            case rolePath: role
            case "/latest/meta-data/placement/region": .status(200, [:], "eu-north-1")
            default: credentials
            }
        }
    }

    @Test("a token is asked for first, and goes with every request")
    func found() async throws {
        let server = try Self.service()
        let found = try await setup.find(variables(server))
        #expect(found.accessKeyID == "ASIA1")
        #expect(found.source == "the role my-role of the instance")
        #expect(
            server.requests.map { "\($0.method) \($0.target)" } == [
                "PUT /latest/api/token", "GET \(Self.rolePath)", "GET \(Self.rolePath)my-role",
            ]
        )
        #expect(server.requests.map { $0["x-aws-ec2-metadata-token"] } == [nil, "TOKEN==", "TOKEN=="])
        #expect(server.requests.first?["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
    }

    @Test("a service that gives no token is not asked without one", arguments: [403, 404, 405, 400])
    func noVersionOne(status: Int) async throws {
        let server = try FaultServer(.status(status))
        let error = try await setup.failure(variables(server))
        #expect(error.code == .noCredentials)
        #expect(error.detail.contains("refused a token (HTTP status \(status))"))
        #expect(server.requests.map(\.method) == ["PUT"])
    }

    @Test("a token that could not stand in a header is not sent on", arguments: ["", "a\r\nX: y", "a b", "täken"])
    func malformedToken(token: String) async throws {
        let server = try FaultServer(.status(200, [:], token))
        #expect(try await setup.failure(variables(server)).detail.contains("no metadata service of version 2"))
        #expect(server.requests.count == 1)
    }

    @Test("a machine without a role has no credentials, and the error says so after all else")
    func noRole() async throws {
        let server = try Self.service(role: .status(404))
        let error = try await setup.failure(variables(server))
        #expect(error.code == .noCredentials)
        #expect(error.detail.hasSuffix("instance metadata: the instance has no role"))
        #expect(error.detail.contains("environment: AWS_ACCESS_KEY_ID is not set"))
        #expect(error.detail.contains("web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set"))
        #expect(error.detail.contains("\(setup.home.path)/.aws/config: no such file"))
        #expect(error.detail.contains("container: neither"))
        #expect(!error.isTransient)
    }

    @Test("a silent service is given up after the time that is set: there is none outside of EC2")
    func silent() async throws {
        let server = try FaultServer(FaultReply(.wait(milliseconds: 120_000)))
        let error = try await setup.failure(
            variables(server, ["AWS_METADATA_SERVICE_TIMEOUT": "1", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "2"])
        )
        #expect(error.code == .noCredentials)
        #expect(!error.isTransient)
        #expect(error.detail.contains("timed out"))
        #expect(server.requests.count == 2)
    }

    @Test("a service that answers and cannot serve may do so later")
    func overloaded() async throws {
        let server = try FaultServer(.status(503))
        let error = try await setup.failure(variables(server))
        #expect(error.code == .noCredentials)
        #expect(error.isTransient)
    }

    @Test("a role whose credentials are not to be had is an error of its own")
    func failedRole() async throws {
        let body = #"{"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role my-role."}"#
        let server = try Self.service(credentials: .status(200, [:], body))
        let error = try await setup.failure(variables(server))
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("AssumeRoleUnauthorizedAccess"))
        #expect(error.remedy?.contains("trust policy") == true)
        let refusing = try Self.service(credentials: .status(500))
        #expect(try await setup.failure(variables(refusing)).isTransient)
    }

    @Test("a role's name is no way to another path")
    func roleName() async throws {
        let server = try Self.service(role: .status(200, [:], "../../user-data?x"))
        _ = try await setup.find(variables(server))
        #expect(server.requests.last?.target == "\(Self.rolePath)..%2F..%2Fuser-data%3Fx")
        let spaced = try Self.service(role: .status(200, [:], "<html> not found"))
        #expect(try await setup.failure(variables(spaced)).detail.contains("does not say the name"))
    }

    @Test(
        "an answer of another form is refused without being shown",
        arguments: [
            ("\(CredentialsSetup.canary)", "is not JSON"),
            (CredentialsSetup.document("A", ["Code": "1"]), "another type at Code"),
            (CredentialsSetup.document("A", ["AccessKeyId": nil]), "has no AccessKeyId"),
            (CredentialsSetup.document("A", ["Token": "\"a\\nb\""]), "the session token contains"),
            (CredentialsSetup.document("A", ["Expiration": "\"2025-12-31T12:00:00Z\""]), "expired at"),
        ]
    )
    func malformed(answer: String, reason: String) async throws {
        let server = try Self.service(credentials: .status(200, [:], answer))
        let error = try await setup.failure(variables(server))
        #expect(error.detail.contains(reason), "\(error)")
    }

    @Test("the region of the machine is found, and an answer that is none is not used")
    func region() async throws {
        let server = try Self.service()
        let settings = AWSSettings(environment: setup.environment(variables(server)))
        let find = try #require(try settings.regionOfInstance(setup.http))
        #expect(try await find() == "eu-north-1")
        let odd = try FaultServer(.status(200, [:], "evil.example/x"))
        let others = AWSSettings(environment: setup.environment(variables(odd)))
        let error = await #expect(throws: AWSError.self) { try await others.regionOfInstance(setup.http)?() }
        #expect(error?.code == .noRegion)
        #expect(error?.remedy?.contains("AWS_REGION") == true)
        #expect(try AWSSettings(environment: setup.environment()).regionOfInstance(setup.http) == nil)
    }

    @Test(
        "settings that mean nothing are named",
        arguments: [
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nowhere"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5"),
            ("AWS_METADATA_SERVICE_TIMEOUT", "soon"), ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "0"),
        ]
    )
    func settings(name: String, value: String) async throws {
        let error = try await setup.failure(["AWS_EC2_METADATA_DISABLED": "false", name: value])
        #expect(error.code == .invalidSettings)
        #expect(error.detail.contains(name))
    }
}

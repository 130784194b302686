import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("The order in which credentials are looked for")
struct CredentialsChainTests {
    private let setup: CredentialsSetup

    init() throws {
        setup = try CredentialsSetup()
    }

    /// A server that is token service, container and machine at once.
    private func server() throws -> FaultServer {
        try FaultServer { request, _ in
            let form = TokenServiceStub.form(request)
            switch (request.method, request.target) {
            case ("POST", _):
                return form["Action"] == "AssumeRole"
                    ? TokenServiceStub.role(id: "ROLE")
                    : TokenServiceStub.role("AssumeRoleWithWebIdentity", id: "WEB")
            case ("PUT", _): return .status(200, [:], "TOKEN")
            case (_, "/latest/meta-data/iam/security-credentials/"): return .status(200, [:], "r")
            case (_, "/ecs"): return .status(200, [:], CredentialsSetup.document("CONTAINER"))
            default: return .status(200, [:], CredentialsSetup.document("MACHINE"))
            }
        }
    }

    @Test("each place serves when all before it are not set up")
    func order() async throws {
        let server = try server()
        let keys = "aws_access_key_id = %\naws_secret_access_key = s\n"
        func section(_ name: String, _ id: String) -> String { "[\(name)]\n" + keys.replacing("%", with: id) }
        let answer = try setup.home.write(
            "answer",
            #"{"Version": 1, "AccessKeyId": "PROCESS", "SecretAccessKey": "s"}"#
        )
        var variables = [
            "AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_ENDPOINT_URL_STS": server.origin,
            "AWS_WEB_IDENTITY_TOKEN_FILE": try setup.home.write("token", "t"), "AWS_ROLE_ARN": "arn:web",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin + "/ecs",
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin,
        ]
        let process = "credential_process = cat \(answer)\n"
        let role = "role_arn = arn:role\nsource_profile = base\n"
        try setup.home.write(".aws/credentials", section("base", "BASE") + section("default", "CREDENTIALSFILE"))
        try setup.home.write(".aws/config", section("default", "CONFIGFILE") + process + role)
        #expect(try await setup.find(variables).accessKeyID == "ENVIRONMENT")
        variables["AWS_ACCESS_KEY_ID"] = nil
        #expect(try await setup.find(variables).accessKeyID == "ROLE")
        try setup.home.write(".aws/config", section("default", "CONFIGFILE") + process)
        #expect(try await setup.find(variables).accessKeyID == "WEB")
        variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = nil
        #expect(try await setup.find(variables).accessKeyID == "CREDENTIALSFILE")
        try setup.home.write(".aws/credentials", section("base", "BASE"))
        #expect(try await setup.find(variables).accessKeyID == "PROCESS")
        try setup.home.write(".aws/config", section("default", "CONFIGFILE"))
        #expect(try await setup.find(variables).accessKeyID == "CONFIGFILE")
        try setup.home.write(".aws/config", "[default]\nregion = eu-west-1\n")
        #expect(try await setup.find(variables).accessKeyID == "CONTAINER")
        variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = nil
        #expect(try await setup.find(variables).accessKeyID == "MACHINE")
    }

    @Test("a profile that is named to us counts more than what the environment has")
    func namedProfile() async throws {
        let server = try server()
        try setup.home.write(".aws/credentials", "[p]\naws_access_key_id = P\naws_secret_access_key = s\n")
        let variables = [
            "AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL_STS": server.origin,
            "AWS_WEB_IDENTITY_TOKEN_FILE": try setup.home.write("token", "t"), "AWS_ROLE_ARN": "arn:web",
        ]
        #expect(try await setup.find(variables, profile: "p").accessKeyID == "P")
    }

    @Test("a profile that exists nowhere ends the search: another identity is not what was meant")
    func missingProfile() async throws {
        let server = try server()
        let variables = [
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin,
            "AWS_PROFILE": "absent",
        ]
        let error = try await setup.failure(variables)
        #expect(error.code == .noCredentials)
        #expect(error.detail.contains("there is no profile absent"))
        #expect(error.remedy?.contains("aws configure --profile absent") == true)
        #expect(server.requests.isEmpty)
    }

    @Test("half of a pair of keys is a mistake, not a reason to look elsewhere")
    func halfSet() async throws {
        let error = try await setup.failure(["AWS_ACCESS_KEY_ID": "A"])
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("AWS_SECRET_ACCESS_KEY is not"))
        #expect(error.remedy == "Set both or neither")
    }

    @Test("keys with a line break or a space are refused before a request is made of them")
    func brokenKeys() async throws {
        let secret = "\(CredentialsSetup.canary)\r\nX-Evil: 1"
        let error = try await setup.failure(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": secret])
        #expect(error.detail.contains("the environment: the secret access key contains a space"))
        let token = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "a b"]
        #expect(try await setup.failure(token).detail.contains("the session token contains"))
    }

    @Test("keys of the environment may have an end")
    func expiringEnvironment() async throws {
        var variables = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"]
        variables["AWS_CREDENTIAL_EXPIRATION"] = "2026-01-01T13:00:00Z"
        #expect(try await setup.find(variables).expiration != nil)
        variables["AWS_CREDENTIAL_EXPIRATION"] = "2026-01-01T11:00:00Z"
        #expect(try await setup.failure(variables).detail.contains("expired at"))
    }

    @Test("one client of many tasks asks once, and an expired answer of S3 makes it ask again")
    func throughClient() async throws {
        let container = try FaultServer { _, number in .status(200, [:], CredentialsSetup.document("ASIA\(number)")) }
        let s3 = try FaultServer { request, _ in
            request["authorization"]?.contains("ASIA0/") == true ? .s3Error(400, "ExpiredToken") : .status(200)
        }
        let provider = setup.provider(["AWS_CONTAINER_CREDENTIALS_FULL_URI": container.origin])
        let endpoint = try Endpoint(url: s3.origin)
        let client = AWSClient(
            AWSClient.Configuration(service: "s3", region: "us-east-1") { _ in endpoint },
            http: setup.http,
            credentials: provider
        )
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask {
                    _ = try await client.send(ServiceRequest(method: "GET", target: RequestTarget(path: "/")))
                }
            }
            try await group.waitForAll()
        }
        #expect(container.requests.count == 2)
    }
}

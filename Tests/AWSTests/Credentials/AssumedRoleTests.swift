import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Credentials of a role")
struct AssumedRoleTests {
    private let setup: CredentialsSetup
    private static let arn = "arn:aws:iam::123456789012:role/writer"

    init() throws {
        setup = try CredentialsSetup()
        try setup.home.write(
            ".aws/credentials",
            "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = \(CredentialsSetup.canary)\n"
        )
    }

    private func configure(_ text: String) throws {
        try setup.home.write(".aws/config", text)
    }

    @Test("the role is taken with the source's keys, in the region that is set")
    func sourceProfile() async throws {
        try configure(
            """
            [profile writer]
            role_arn = \(Self.arn)
            source_profile = base
            role_session_name = sluice@host
            external_id = a b&c
            duration_seconds = 900
            region = eu-west-1
            """
        )
        let server = try FaultServer(TokenServiceStub.role())
        let found = try await setup.find(["AWS_PROFILE": "writer", "AWS_ENDPOINT_URL_STS": server.origin])
        #expect(found.accessKeyID == "ASIA1")
        #expect(found.expiration == Timestamp(seconds: CredentialsSetup.noon.seconds + 3600))
        #expect(found.source == "the role \(Self.arn)")
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.target == "/")
        #expect(request["content-type"] == "application/x-www-form-urlencoded; charset=utf-8")
        let authorization = request["authorization"] ?? ""
        #expect(authorization.contains("Credential=AKIABASE/") && authorization.contains("/eu-west-1/sts/aws4_request"))
        #expect(
            TokenServiceStub.form(request) == [
                "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": Self.arn, "RoleSessionName": "sluice@host",
                "ExternalId": "a b&c", "DurationSeconds": "900",
            ]
        )
    }

    @Test("roles are taken one with the other, and a session has a name of ours")
    func chain() async throws {
        try configure(
            """
            [profile last]
            role_arn = arn:last
            source_profile = first
            [profile first]
            role_arn = arn:first
            source_profile = base
            """
        )
        let server = try FaultServer { _, number in TokenServiceStub.role(id: "ASIA\(number)", token: "t\(number)") }
        let found = try await setup.find(["AWS_ENDPOINT_URL_STS": server.origin], profile: "last")
        #expect(found.accessKeyID == "ASIA1")
        let forms = server.requests.map(TokenServiceStub.form)
        #expect(forms.map { $0["RoleArn"] } == ["arn:first", "arn:last"])
        #expect(forms.allSatisfy { $0["RoleSessionName"] == "sluice-\(CredentialsSetup.noon.seconds)" })
        #expect(server.requests.last?["authorization"]?.contains("ASIA0/") == true)
        #expect(server.requests.last?["x-amz-security-token"] == "t0")
    }

    @Test("a profile with keys may be its own source; without, it is a circle")
    func ownSource() async throws {
        try configure(
            """
            [profile base]
            role_arn = arn:role
            source_profile = base
            [profile a]
            role_arn = arn:a
            source_profile = b
            [profile b]
            role_arn = arn:b
            source_profile = a
            """
        )
        let server = try FaultServer(TokenServiceStub.role())
        _ = try await setup.find(["AWS_ENDPOINT_URL_STS": server.origin], profile: "base")
        #expect(server.requests.first?["authorization"]?.contains("AKIABASE/") == true)
        let error = try await setup.failure(profile: "a")
        #expect(error.detail.contains("a circle of source_profile: a → b → a"))
    }

    @Test("the source may be the environment, the container or the machine")
    func credentialSource() async throws {
        try configure(
            """
            [profile env]
            role_arn = arn:role
            credential_source = Environment
            [profile ecs]
            role_arn = arn:role
            credential_source = EcsContainer
            [profile ec2]
            role_arn = arn:role
            credential_source = Ec2InstanceMetadata
            """
        )
        let server = try FaultServer { request, _ in
            switch (request.method, request.target) {
            case ("POST", _): TokenServiceStub.role()
            case ("PUT", _): .status(200, [:], "TOKEN")
            case (_, "/latest/meta-data/iam/security-credentials/"): .status(200, [:], "r")
            case (_, "/ecs"): .status(200, [:], CredentialsSetup.document("ASIAECS"))
            default: .status(200, [:], CredentialsSetup.document("ASIAEC2"))
            }
        }
        let variables = [
            "AWS_ENDPOINT_URL_STS": server.origin, "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin + "/ecs",
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin,
            "AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s",
        ]
        for (profile, key) in [("env", "AKIAENV"), ("ecs", "ASIAECS"), ("ec2", "ASIAEC2")] {
            _ = try await setup.find(variables, profile: profile)
            #expect(server.requests.last?["authorization"]?.contains("\(key)/") == true)
        }
        let error = try await setup.failure(profile: "ec2")
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("turned off by AWS_EC2_METADATA_DISABLED"))
    }

    @Test(
        "a profile that cannot be meant is refused, and says why",
        arguments: [
            ("role_arn = r", "none of source_profile, credential_source and web_identity_token_file"),
            ("role_arn = r\nsource_profile = base\ncredential_source = Environment", "has both"),
            ("role_arn = r\ncredential_source = Moon", "a credential_source that is none of"),
            ("role_arn = r\nsource_profile = absent", "the source_profile absent, which neither file has"),
            ("role_arn = r\nsource_profile = empty", "the source_profile empty, which has no credentials"),
            ("role_arn = r\nsource_profile = base\nmfa_serial = arn:mfa", "mfa_serial, and a service cannot type"),
            ("role_arn = r\nsource_profile = base\nduration_seconds = 60", "duration_seconds other than 900"),
            ("role_arn = r\nsource_profile = base\nduration_seconds = x", "duration_seconds other than 900"),
            ("role_arn = r\nsource_profile = base\nrole_session_name = a b", "role_session_name that is not"),
            ("web_identity_token_file = /x", "web_identity_token_file but no role_arn"),
            ("sso_account_id = 1", "no sso_region"),
            ("sso_account_id = 1\nsso_session = s", "the sso_session s, which"),
            (
                "sso_account_id = 1\nsso_region = evil.example/\nsso_start_url = u\nsso_role_name = r",
                "no region's name"
            ),
            ("credential_process = 'x", "credential_process has a quote"),
            ("login_session = arn", "login_session, which only the AWS tools"),
            ("aws_access_key_id = A", "aws_access_key_id but no aws_secret_access_key"),
        ]
    )
    func refused(text: String, reason: String) async throws {
        try configure("[profile p]\n\(text)\n[profile empty]\nregion = r1\n")
        let error = try await setup.failure(profile: "p")
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("profile p"))
        #expect(error.detail.contains(reason), "\(error)")
    }

    @Test("a refusal names role, source and what to do, and shows no key")
    func denied() async throws {
        try configure("[profile p]\nrole_arn = \(Self.arn)\nsource_profile = base\n")
        let message = "User is not authorized, \(CredentialsSetup.canary)"
        let server = try FaultServer(TokenServiceStub.refusal(403, "AccessDenied", message))
        let error = try await setup.failure(["AWS_ENDPOINT_URL_STS": server.origin], profile: "p")
        #expect(error.detail.contains("\(Self.arn) cannot be taken with profile base of"))
        #expect(error.detail.contains("AccessDenied (HTTP status 403): User is not authorized, <redacted>"))
        #expect(error.remedy?.contains("sts:AssumeRole") == true)
        #expect(!error.isTransient && error.failure == nil)
    }

    @Test("a service that is down is tried again, and the error may pass")
    func unavailable() async throws {
        try configure("[profile p]\nrole_arn = \(Self.arn)\nsource_profile = base\n")
        let server = try FaultServer(TokenServiceStub.refusal(503, "ServiceUnavailable"))
        let variables = ["AWS_ENDPOINT_URL_STS": server.origin, "AWS_MAX_ATTEMPTS": "2"]
        #expect(try await setup.failure(variables, profile: "p").isTransient)
        #expect(server.requests.count == 2)
    }

    @Test(
        "an answer of another form is refused without being shown",
        arguments: [
            (FaultReply.status(200, [:], CredentialsSetup.canary), "an XML answer cannot be read"),
            (.status(200, [:], "<a/>"), "holds no credentials"),
            (TokenServiceStub.role(expiration: "x"), "is no date"),
            (TokenServiceStub.role(expiration: "2026-01-01T11:00:00Z"), "expired at"),
            (TokenServiceStub.role(token: "a&#13;&#10;b"), "the session token contains"),
            (TokenServiceStub.role(id: String(repeating: "A", count: 20_000)), "has more than 16384 bytes"),
            (.status(200, [:], String(repeating: "x", count: 100_000)), "larger than allowed"),
        ]
    )
    func malformed(reply: FaultReply, reason: String) async throws {
        try configure("[profile p]\nrole_arn = \(Self.arn)\nsource_profile = base\n")
        let server = try FaultServer(reply)
        let error = try await setup.failure(["AWS_ENDPOINT_URL_STS": server.origin], profile: "p")
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains(reason), "\(error)")
    }

    @Test("an identity is told by the service")
    func callerIdentity() async throws {
        let server = try FaultServer(
            .status(
                200,
                [:],
                """
                <GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/x</Arn>
                <UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>
                """
            )
        )
        let endpoints = ServiceEndpoints(.sts, custom: try Endpoint(url: server.origin))
        let client = STSClient(region: "us-east-1", endpoints: endpoints, http: setup.http)
        let keys = Credentials(accessKeyID: "AK", secretAccessKey: Secret("s"), source: "test")
        let identity = try await client.callerIdentity(StaticCredentials(keys))
        #expect(identity == CallerIdentity(account: "123456789012", arn: "arn:aws:iam::1:user/x"))
        #expect(TokenServiceStub.form(try #require(server.requests.first))["Action"] == "GetCallerIdentity")
    }
}

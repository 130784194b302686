import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Credentials by web identity")
struct WebIdentityTests {
    private let setup: CredentialsSetup
    private static let arn = "arn:aws-cn:iam::123456789012:role/pod"

    init() throws {
        setup = try CredentialsSetup()
    }

    private func variables(_ server: FaultServer, token: String = "token") throws -> [String: String] {
        [
            "AWS_WEB_IDENTITY_TOKEN_FILE": try setup.home.write("token", token), "AWS_ROLE_ARN": Self.arn,
            "AWS_ROLE_SESSION_NAME": "pod-1", "AWS_ENDPOINT_URL_STS": server.origin,
        ]
    }

    private static let success = TokenServiceStub.role("AssumeRoleWithWebIdentity")

    @Test("the token's file is sent without a signature, and read again for every renewal")
    func environment() async throws {
        let server = try FaultServer { _, number in
            TokenServiceStub.role("AssumeRoleWithWebIdentity", id: "ASIA\(number)")
        }
        let provider = setup.provider(try variables(server, token: "first\n"))
        #expect(try await provider.credentials(.kept).accessKeyID == "ASIA0")
        try setup.home.write("token", "second")
        #expect(try await provider.credentials(.replacing(accessKeyID: "ASIA0")).accessKeyID == "ASIA1")
        #expect(server.requests.allSatisfy { $0["authorization"] == nil })
        let forms = server.requests.map(TokenServiceStub.form)
        #expect(forms.map { $0["WebIdentityToken"] } == ["first", "second"])
        #expect(forms.first?["RoleArn"] == Self.arn)
        #expect(forms.first?["RoleSessionName"] == "pod-1")
        #expect(forms.first?["Action"] == "AssumeRoleWithWebIdentity")
    }

    @Test("a profile may name the token's file")
    func profile() async throws {
        let server = try FaultServer(Self.success)
        let token = try setup.home.write("token", "t")
        try setup.home.write(
            ".aws/config",
            "[profile p]\nrole_arn = arn:p\nweb_identity_token_file = \(token)\nduration_seconds = 1800\n"
        )
        _ = try await setup.find(["AWS_ENDPOINT_URL_STS": server.origin], profile: "p")
        let form = TokenServiceStub.form(try #require(server.requests.first))
        #expect(form["DurationSeconds"] == "1800")
        #expect(form["RoleArn"] == "arn:p")
    }

    @Test("without a region the service of the role's partition is asked")
    func partition() {
        #expect(Partition(arn: Self.arn).mainRegion == "cn-northwest-1")
        #expect(Partition(arn: "arn:aws:iam::1:role/x").mainRegion == "us-east-1")
        #expect(Partition(arn: "nonsense").mainRegion == "us-east-1")
    }

    @Test(
        "an expired token is an error that says what to look at, and is tried once",
        arguments: [
            "ExpiredTokenException", "InvalidIdentityToken", "AccessDenied",
        ]
    )
    func refused(code: String) async throws {
        let message = "Token \(CredentialsSetup.canary) is not accepted"
        let server = try FaultServer(TokenServiceStub.refusal(400, code, message))
        var variables = try variables(server, token: CredentialsSetup.canary)
        variables["AWS_MAX_ATTEMPTS"] = "3"
        let error = try await setup.failure(variables)
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("\(code) (HTTP status 400): Token <redacted> is not accepted"))
        #expect(error.remedy?.contains("that the token is being renewed") == true)
        #expect(server.requests.count == 1)
    }

    @Test("an identity provider that does not answer STS is tried again")
    func retries() async throws {
        let server = try FaultServer(TokenServiceStub.refusal(400, "IDPCommunicationError"), Self.success)
        var variables = try variables(server)
        variables["AWS_MAX_ATTEMPTS"] = "3"
        #expect(try await setup.find(variables).accessKeyID == "ASIA1")
    }

    @Test("settings that are not whole are named, and nothing else is tried")
    func incomplete() async throws {
        let server = try FaultServer(Self.success)
        var variables = try variables(server)
        variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "\(setup.home.path)/absent"
        let absent = try await setup.failure(variables)
        #expect(absent.detail.contains("/absent: no such file"))
        #expect(absent.remedy?.contains("mounted") == true)
        variables["AWS_ROLE_SESSION_NAME"] = "a b"
        #expect(try await setup.failure(variables).detail.contains("AWS_ROLE_SESSION_NAME"))
        variables["AWS_ROLE_ARN"] = nil
        #expect(try await setup.failure(variables).detail.contains("AWS_ROLE_ARN is not"))
        let broken = try self.variables(server, token: "a\r\nb")
        #expect(try await setup.failure(broken).detail.contains("the token contains"))
        let empty = try self.variables(server, token: "\n")
        #expect(try await setup.failure(empty).detail.contains("the token is empty"))
        #expect(server.requests.isEmpty)
    }
}

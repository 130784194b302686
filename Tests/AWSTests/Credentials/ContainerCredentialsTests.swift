import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Credentials of a container")
struct ContainerCredentialsTests {
    private let setup: CredentialsSetup

    init() throws {
        setup = try CredentialsSetup()
    }

    @Test("a full URL on this machine is asked, with the token of the file rather than the variable's")
    func fullURL() async throws {
        let server = try FaultServer(.status(200, [:], CredentialsSetup.document()))
        let token = try setup.home.write("token", "Bearer abc\n")
        let found = try await setup.find([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.origin)/v1/credentials?x=1",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
        ])
        #expect(found.accessKeyID == "ASIA1")
        #expect(found.sessionToken?.exposed == CredentialsSetup.canary)
        #expect(found.expiration == Timestamp(seconds: CredentialsSetup.noon.seconds + 3600))
        let request = try #require(server.requests.first)
        #expect(request.target == "/v1/credentials?x=1")
        #expect(request["authorization"] == "Bearer abc")
        #expect(request["accept"] == "application/json")
    }

    @Test("a relative URL belongs to the address of ECS, and comes before a full one")
    func relativeURL() async throws {
        let server = try FaultServer(.status(200, [:], CredentialsSetup.document()))
        let origin = server.origin
        let variables = [
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/id",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t",
        ]
        _ = try await setup.find(variables) { $0.containerAddress = origin }
        #expect(server.requests.map(\.target) == ["/v2/credentials/id"])
        #expect(server.requests.first?["authorization"] == "t")
        #expect(ContainerEndpoint.address == "http://169.254.170.2")
    }

    @Test("the token's file is read again for every renewal")
    func renewal() async throws {
        let server = try FaultServer { _, number in .status(200, [:], CredentialsSetup.document("ASIA\(number)")) }
        let token = try setup.home.write("token", "first")
        let provider = setup.provider([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token,
        ])
        #expect(try await provider.credentials(.kept).accessKeyID == "ASIA0")
        try setup.home.write("token", "second")
        #expect(try await provider.credentials(.replacing(accessKeyID: "ASIA0")).accessKeyID == "ASIA1")
        #expect(server.requests.map { $0["authorization"] } == ["first", "second"])
    }

    @Test(
        "over plain HTTP only this machine and the addresses of ECS and EKS are asked",
        arguments: [
            "http://example.com/", "http://127.0.0.1.example.com/", "http://169.254.170.3/", "http://localhost.evil/",
            "http://127.0.0.1@evil.example/", "http://evil.example#@127.0.0.1/", "http://evil.example\\@127.0.0.1/",
            "http://[fd00:ec2::254]/", "http://10.0.0.1/", "http://0x7f000001/", "ftp://127.0.0.1/", "127.0.0.1/x",
            "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX:y", "http:///x", "http://169.254.169.254/",
        ]
    )
    func refused(url: String) async throws {
        let error = try await setup.failure([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": CredentialsSetup.canary,
        ])
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
    }

    @Test(
        "these are asked",
        arguments: [
            "http://127.0.0.1/", "http://127.9.9.9:80/x?y", "http://localhost/x", "http://[::1]:8080/",
            "http://169.254.170.2/x", "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1",
            "https://example.com/x",
        ]
    )
    func allowed(url: String) throws {
        let variables = Environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        #expect(try ContainerEndpoint(environment: variables) != nil)
    }

    @Test("a relative URL that would name another host is refused", arguments: ["@evil.example/", ":80@evil/", "/a b"])
    func refusedPath(path: String) async throws {
        let error = try await setup.failure(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path])
        #expect(error.detail.contains("is not a path"))
    }

    @Test("a token with a line break inside is not sent")
    func smuggledHeader() async throws {
        let server = try FaultServer(.status(200, [:], CredentialsSetup.document()))
        let file = try setup.home.write("token", "\(CredentialsSetup.canary)\r\nX-Other: y\n")
        for variable in [
            ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file],
            ["AWS_CONTAINER_AUTHORIZATION_TOKEN": "\(CredentialsSetup.canary)\nX: y"],
        ] {
            let url = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin]
            let error = try await setup.failure(url.merging(variable) { $1 })
            #expect(error.detail.contains("holds no token"))
        }
        let absent = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "\(setup.home.path)/absent",
        ]
        #expect(try await setup.failure(absent).detail.contains("no such file"))
        #expect(server.requests.isEmpty)
    }

    @Test("an endpoint that fails for a moment is asked again")
    func retries() async throws {
        let server = try FaultServer(.status(500), .status(200, [:], CredentialsSetup.document()))
        #expect(try await setup.find(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin]).accessKeyID == "ASIA1")
        #expect(server.requests.count == 2)
    }

    @Test("an endpoint that nobody listens at is an error that may pass, and ends the search")
    func unreachable() async throws {
        let error = try await setup.failure(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"])
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("the container's endpoint: http://127.0.0.1:1: cannot connect"))
        #expect(error.isTransient)
    }

    @Test("a refusal says what the endpoint said, without the token")
    func refusal() async throws {
        let body = "{\"code\": \"AccessDenied\", \"message\": \"no role for \(CredentialsSetup.canary)\"}"
        let server = try FaultServer(.status(403, [:], body))
        let error = try await setup.failure([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": CredentialsSetup.canary,
        ])
        #expect(error.detail.contains("AccessDenied (HTTP status 403): no role for <redacted>"))
        #expect(error.remedy?.contains("has a role") == true)
        #expect(!error.isTransient)
        #expect(server.requests.count == 1)
    }

    @Test(
        "an answer of another form is refused without being shown",
        arguments: [
            ("<html>\(CredentialsSetup.canary)", "is not JSON"),
            ("null", "is not a JSON object"),
            (CredentialsSetup.document("A", ["Token": nil]), "has no Token"),
            (CredentialsSetup.document("A", ["SecretAccessKey": "7"]), "another type at SecretAccessKey"),
            (CredentialsSetup.document("A", ["Expiration": "null"]), "another type at Expiration"),
            (CredentialsSetup.document("A", ["Expiration": "\"tomorrow\""]), "is no date"),
            (CredentialsSetup.document("A", ["Expiration": "\"2026-01-01T12:00:00Z\""]), "expired at"),
            (CredentialsSetup.document("A", ["Token": "\"a\\r\\nHost: evil\""]), "the session token contains"),
            (CredentialsSetup.document("", [:]), "the access key ID is empty"),
            (String(repeating: "[", count: 60_000), "is not JSON"),
            (String(repeating: " ", count: 70_000), "larger than allowed"),
        ]
    )
    func malformed(answer: String, reason: String) async throws {
        let server = try FaultServer(.status(200, [:], answer))
        let error = try await setup.failure(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin])
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains(reason), "\(error)")
    }

    @Test("where the clocks differ, the end is reckoned by the server's")
    func clockSkew() async throws {
        let late = ["Date": "Thu, 01 Jan 2026 09:00:00 GMT"]
        let body = CredentialsSetup.document("A", ["Expiration": "\"2026-01-01T10:00:00Z\""])
        let server = try FaultServer(.status(200, late, body))
        let found = try await setup.find(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin])
        #expect(found.expiration == Timestamp(seconds: CredentialsSetup.noon.seconds + 3600))
    }
}

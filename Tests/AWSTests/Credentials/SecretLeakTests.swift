import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Secrets stay out of texts")
struct SecretLeakTests {
    private static let canary = CredentialsSetup.canary

    /// Everything that a value shows of itself, by every way that the language has.
    private func shown(_ value: Any) -> String {
        var text = "\(value) \(String(describing: value)) \(String(reflecting: value)) "
        dump(value, to: &text)
        dump(value, to: &text, maxDepth: 50)
        reflect(value, depth: 0, &text)
        return text
    }

    private func reflect(_ value: Any, depth: Int, _ text: inout String) {
        guard depth < 12 else { return }
        for child in Mirror(reflecting: value).children {
            text += "\(child.label ?? ""): \(child.value) \(String(reflecting: child.value)) "
            reflect(child.value, depth: depth + 1, &text)
        }
    }

    @Test("nothing that holds a secret shows it")
    func values() throws {
        let setup = try CredentialsSetup()
        let canary = Self.canary
        try setup.home.write(
            ".aws/config",
            "[default]\naws_access_key_id = A\naws_secret_access_key = \(canary)\naws_session_token = \(canary)\n"
                + "credential_process = p --password \(canary)\nexternal = \(canary)\n"
        )
        let variables = [
            "HOME": setup.home.path, "AWS_SECRET_ACCESS_KEY": canary, "HTTPS_PROXY": "http://u:\(canary)@proxy:1",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": canary, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/",
        ]
        let environment = Environment(variables)
        let settings = AWSSettings(environment: environment)
        let files = SharedFiles(environment: environment)
        let credentials = Credentials(
            accessKeyID: "AKID",
            secretAccessKey: Secret(canary),
            sessionToken: Secret(canary),
            source: "test"
        )
        let token = SingleSignOnToken(
            accessToken: Secret(canary),
            expiresAt: "",
            startURL: nil,
            region: nil,
            refreshToken: Secret(canary),
            clientID: nil,
            clientSecret: Secret(canary),
            registrationExpiresAt: nil
        )
        let plan = try #require(try ProfilePlanner(files: files, now: CredentialsSetup.noon).own("default"))
        var client = AWSClient.Configuration(service: "sts", region: "r") { _ in Endpoint(host: "h") }
        client.secrets = [Secret(canary)]
        let headers = HTTPHeaders([
            "Authorization": canary, "x-amz-security-token": canary, "x-aws-ec2-metadata-token": canary,
            "x-amz-sso_bearer_token": canary,
        ])
        let values: [Any] = [
            Secret(canary), [Secret(canary)], ["key": Secret(canary)], Optional(Secret(canary)) as Any, credentials,
            [credentials], StaticCredentials(credentials), Signer(credentials: credentials, region: "r", service: "s"),
            environment, settings, files, files.profile("default"), INIFile("[s]\nkey = \(canary)"), token, plan,
            try #require(try ContainerEndpoint(environment: environment)), client, headers, settings.proxies,
            settings.httpConfiguration(), HTTPRequest(method: "GET", url: "http://h/", headers: headers),
            CredentialsSearch.found(credentials), CredentialsPlan.keys(credentials),
            DefaultCredentials(environment: environment, http: setup.http),
            AWSClient(client, http: setup.http, credentials: StaticCredentials(credentials)),
            CredentialsRefresh.Action.use(credentials), Result<Credentials, AWSError>.success(credentials),
        ]
        for value in values {
            let text = shown(value)
            #expect(!text.contains(canary), "\(type(of: value))")
        }
        #expect(shown(credentials).contains("<redacted>"))
    }

    @Test("a provider that has credentials shows none of them")
    func provider() async throws {
        let setup = try CredentialsSetup()
        let server = try FaultServer(.status(200, [:], CredentialsSetup.document()))
        let provider = setup.provider(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin])
        let found = try await provider.credentials(.kept)
        #expect(found.secretAccessKey.exposed == Self.canary)
        #expect(!shown(provider).contains(Self.canary))
        #expect(!shown(found).contains(Self.canary))
    }

    @Test("what a server repeats of a request is taken out of its error")
    func repeated() async throws {
        let server = try FaultServer(.s3Error(403, "AccessDenied \(Self.canary)"))
        let endpoint = try Endpoint(url: server.origin)
        let keys = Credentials(accessKeyID: "A", secretAccessKey: Secret(Self.canary), source: "test")
        let client = AWSClient(
            AWSClient.Configuration(service: "s3", region: "r1") { _ in endpoint },
            http: try HTTPClient(),
            credentials: StaticCredentials(keys)
        )
        let error = await #expect(throws: AWSError.self) {
            try await client.send(ServiceRequest(method: "GET", target: RequestTarget(path: "/")))
        }
        #expect(!shown(try #require(error)).contains(Self.canary))
        #expect(error?.failure?.code == "AccessDenied <redacted>")
    }
}

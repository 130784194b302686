import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Credentials and settings")
struct CredentialsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func environment(_ more: [String: String] = [:]) -> Environment {
        let files = [
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": folder.path + "/credentials",
            "AWS_CONFIG_FILE": folder.path + "/config",
        ]
        return Environment(files.merging(more) { $1 })
    }

    @Test("the environment comes first, with its token")
    func fromEnvironment() async throws {
        try folder.write("credentials", "[default]\naws_access_key_id = F\naws_secret_access_key = s\n")
        let variables = ["AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"]
        let found = try await DefaultCredentials(environment: environment(variables)).credentials(.kept)
        #expect(found.accessKeyID == "E")
        #expect(found.sessionToken?.exposed == "t")
        #expect(found.source == "the environment")
    }

    @Test("a profile of the credentials file wins over the same one of the configuration file")
    func fromFiles() async throws {
        try folder.write(
            "credentials",
            "# comment\n[other]\naws_access_key_id=A\naws_secret_access_key=a=b\n; comment\n[default]\n"
        )
        try folder.write(
            "config",
            "[default]\nregion = eu-west-1\n[profile other]\naws_access_key_id = C\naws_secret_access_key = c\n"
                + "region = ap-south-1\n[profile third]\naws_access_key_id = T\naws_secret_access_key = t\n"
        )
        let other = try await DefaultCredentials(environment: environment(["AWS_PROFILE": "other"])).credentials(.kept)
        #expect(other.accessKeyID == "A")
        #expect(other.secretAccessKey.exposed == "a=b")
        let third = try await DefaultCredentials(environment: environment(), profile: "third").credentials(.kept)
        #expect(third.accessKeyID == "T")
        #expect(AWSSettings(environment: environment(["AWS_PROFILE": "other"])).region == "ap-south-1")
        #expect(AWSSettings(environment: environment()).region == "eu-west-1")
    }

    @Test("AWS_REGION is preferred to AWS_DEFAULT_REGION, and both to the profile")
    func region() throws {
        try folder.write("config", "[default]\nregion = eu-west-1\n")
        let both = ["AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-west-1"]
        #expect(AWSSettings(environment: environment(both)).region == "us-east-2")
        #expect(AWSSettings(environment: environment(["AWS_DEFAULT_REGION": "us-west-1"])).region == "us-west-1")
    }

    @Test("endpoints come from the environment, then from the profile's services")
    func endpoints() throws {
        try folder.write(
            "config",
            "[default]\nservices = local\n[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:9\nglue =\n"
                + "  endpoint_url = http://127.0.0.1:8\n"
        )
        #expect(AWSSettings(environment: environment()).endpoint(service: "s3") == "http://127.0.0.1:9")
        #expect(AWSSettings(environment: environment()).endpoint(service: "glue") == "http://127.0.0.1:8")
        let variables = ["AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3"]
        #expect(AWSSettings(environment: environment(variables)).endpoint(service: "s3") == "http://s3")
        #expect(AWSSettings(environment: environment(variables)).endpoint(service: "sts") == "http://all")
        let ignored = environment(variables.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { $1 })
        #expect(AWSSettings(environment: ignored).endpoint(service: "s3") == nil)
    }

    @Test("when nothing is found, the error says where it was looked for")
    func nothing() async throws {
        try folder.write("config", "[profile x]\nregion = r\n")
        let error = await #expect(throws: AWSError.self) {
            try await DefaultCredentials(environment: environment(["AWS_PROFILE": "absent"])).credentials(.kept)
        }
        #expect(error?.code == .noCredentials)
        let text = "\(try #require(error))"
        #expect(text.contains("AWS_ACCESS_KEY_ID is not set"))
        #expect(text.contains("\(folder.path)/credentials: no such file"))
        #expect(text.contains("\(folder.path)/config: no profile absent"))
    }

    @Test("kept credentials are read again when they are to be renewed")
    func renewal() async throws {
        try folder.write("credentials", "[default]\naws_access_key_id = OLD\naws_secret_access_key = s\n")
        let provider = DefaultCredentials(environment: environment())
        #expect(try await provider.credentials(.kept).accessKeyID == "OLD")
        try folder.write("credentials", "[default]\naws_access_key_id = NEW\naws_secret_access_key = s\n")
        #expect(try await provider.credentials(.kept).accessKeyID == "OLD")
        #expect(try await provider.credentials(.replacing(accessKeyID: "OLD")).accessKeyID == "NEW")
        #expect(try await provider.credentials(.kept).accessKeyID == "NEW")
    }

    @Test("a secret shows in no description, dump or interpolation")
    func secrets() {
        let credentials = Credentials(
            accessKeyID: "AKID",
            secretAccessKey: Secret("canary"),
            sessionToken: Secret("canary"),
            source: "test"
        )
        var text = "\(credentials) \(String(reflecting: credentials)) \(credentials.secretAccessKey)"
        dump(credentials, to: &text)
        dump(StaticCredentials(credentials), to: &text)
        dump(Signer(credentials: credentials, region: "r", service: "s"), to: &text)
        #expect(!text.contains("canary"))
        #expect(text.contains("<redacted>"))
        #expect(text.contains("AKID"))
    }

    @Test("only plain http and https endpoints are accepted")
    func endpointForms() throws {
        #expect(try Endpoint(url: "https://S3.Example.com/").origin == "https://s3.example.com")
        #expect(try Endpoint(url: "http://127.0.0.1:8333").authority == "127.0.0.1:8333")
        #expect(try Endpoint(url: "https://host:443").authority == "host")
        #expect(try Endpoint(url: "http://[::1]:80").authority == "[::1]")
        let broken = [
            "host", "ftp://h", "http://", "http://u:p@h", "http://h/path", "http://h:0", "http://h:x", "http://h?q",
        ]
        for url in broken { #expect(throws: AWSError.self) { try Endpoint(url: url) } }
    }
}

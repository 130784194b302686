import TestSupport
import Testing

@testable import AWS

@Suite("Settings of the AWS tools")
struct AWSSettingsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func settings(_ variables: [String: String] = [:], _ profile: String = "") throws -> AWSSettings {
        let path = try folder.write("config", "[default]\n\(profile)\n")
        let files = ["AWS_CONFIG_FILE": path, "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"]
        return AWSSettings(environment: Environment(files.merging(variables) { $1 }))
    }

    private func host(_ settings: AWSSettings, _ service: AWSService = .s3) throws -> String {
        try settings.endpoints(of: service)("eu-west-1").origin
    }

    @Test("FIPS and dual stack are set by variables, then by the profile")
    func variants() throws {
        #expect(try host(settings()) == "https://s3.eu-west-1.amazonaws.com")
        let fips = try settings(["AWS_USE_FIPS_ENDPOINT": "TRUE"])
        #expect(try host(fips) == "https://s3-fips.eu-west-1.amazonaws.com")
        let both = try settings(
            ["AWS_USE_FIPS_ENDPOINT": "false"],
            "use_fips_endpoint = true\nuse_dualstack_endpoint = true"
        )
        #expect(try host(both) == "https://s3.dualstack.eu-west-1.amazonaws.com")
        let nested = try settings([:], "s3 =\n  use_dualstack_endpoint = true")
        #expect(try host(nested) == "https://s3.dualstack.eu-west-1.amazonaws.com")
        #expect(try host(nested, .glue) == "https://glue.eu-west-1.amazonaws.com")
        let odd = try settings(["AWS_USE_FIPS_ENDPOINT": "maybe"])
        #expect(throws: AWSError.self) { try host(odd) }
    }

    @Test("an endpoint of one's own counts for its service, and excludes FIPS")
    func custom() throws {
        let one = try settings(["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://127.0.0.1:5000/"])
        #expect(try host(one, .logs) == "http://127.0.0.1:5000")
        #expect(try host(one, .cloudWatch) == "https://monitoring.eu-west-1.amazonaws.com")
        #expect(try one.endpoints(of: .s3, url: "http://s3:9000")("r").origin == "http://s3:9000")
        let fips = try settings(["AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:5000"])
        let error = #expect(throws: AWSError.self) { try fips.endpoints(of: .s3) }
        #expect(error?.code == .invalidSettings)
        let broken = try settings(["AWS_ENDPOINT_URL": "nowhere"])
        #expect(throws: AWSError.self) { try broken.endpoints(of: .s3) }
    }

    @Test("a region becomes part of a host name, so it has to be one")
    func region() throws {
        #expect(try settings(["AWS_REGION": "eu-west-1"]).checkedRegion() == "eu-west-1")
        #expect(try settings().checkedRegion() == nil)
        #expect(try settings(["AWS_REGION": "eu-west-1"]).checkedRegion("r2") == "r2")
        for region in ["evil.example/", "EU-WEST-1", "a b", "@x"] {
            #expect(throws: AWSError.self) { try settings(["AWS_REGION": region]).checkedRegion() }
        }
    }

    @Test("the number of attempts is set by the variable, then by the profile")
    func attempts() throws {
        #expect(try settings().retryPolicy().maximumAttempts == 3)
        #expect(try settings(["AWS_MAX_ATTEMPTS": "7"], "max_attempts = 5").retryPolicy().maximumAttempts == 7)
        #expect(try settings([:], "max_attempts = 5").retryPolicy().maximumAttempts == 5)
        for text in ["0", "-1", "x", "1000"] {
            #expect(throws: AWSError.self) { try settings(["AWS_MAX_ATTEMPTS": text]).retryPolicy() }
        }
    }

    @Test("authorities, addressing and proxies are read")
    func transport() throws {
        #expect(try settings([:], "ca_bundle = /c").certificateAuthorities == "/c")
        #expect(try settings(["AWS_CA_BUNDLE": "/e"], "ca_bundle = /c").certificateAuthorities == "/e")
        #expect(try settings([:], "s3 =\n  addressing_style = path").addressingStyle == "path")
        #expect(try settings([:], "s3 =\n  addressing_style = auto").addressingStyle == nil)
        let text = try "\(settings(["HTTPS_PROXY": "http://u:canary@p"]).proxies)"
        #expect(text == "HTTPProxies(http: none, https: set)")
        #expect(try "\(settings(["all_proxy": "http://p"]).proxies)" == "HTTPProxies(http: set, https: set)")
    }
}

import Logging
import Telemetry
import Testing

@testable import sluice

@Suite
struct MonitoringSettingsTests {
    private func read(_ yaml: String, _ environment: [String: String] = [:]) throws -> MonitoringOptions {
        try Settings(yaml: yaml, file: "f", environment: environment).monitoring
    }

    @Test(arguments: [
        "{}", "monitoring:", "monitoring: {}", "monitoring: { http: null, cloudwatch: null }",
        "monitoring: { http: false, cloudwatch: false }",
    ])
    func `nothing is opened or sent unless it is asked for`(yaml: String) throws {
        #expect(try read(yaml) == MonitoringOptions())
    }

    @Test(arguments: [
        ("9187", "127.0.0.1", 9187), ("'9000'", "127.0.0.1", 9000), ("127.0.0.1:9187", "127.0.0.1", 9187),
        ("0.0.0.0:80", "0.0.0.0", 80), ("'[::1]:9187'", "::1", 9187), ("db-1.internal:9187", "db-1.internal", 9187),
        ("'${HOST}:9187'", "10.0.0.1", 9187),
    ])
    func `an address is a port, or host and port`(text: String, host: String, port: Int) throws {
        let options = try read("monitoring: { http: \(text) }", ["HOST": "10.0.0.1"])
        #expect(options.http == ListenAddress(host: host, port: UInt16(port)) && options.cloudWatch == nil)
    }

    @Test
    func `CloudWatch has its defaults, all of which can be set`() throws {
        #expect(try read("monitoring: { cloudwatch: true }").cloudWatch == CloudWatchOptions())
        #expect(try read("monitoring: { cloudwatch: {} }").cloudWatch == CloudWatchOptions())
        let yaml = """
            monitoring:
              cloudwatch: { namespace: A/b, log_group: /x/y, region: eu-west-1, interval: 5m, log_level: warning }
            """
        var expected = CloudWatchOptions()
        (expected.namespace, expected.logGroup, expected.region) = ("A/b", "/x/y", "eu-west-1")
        (expected.interval, expected.logLevel) = (.seconds(300), .warning)
        #expect(try read(yaml).cloudWatch == expected)
    }

    @Test(arguments: [
        ("http: 0", "monitoring.http: found the number 0, allowed: a port, or an address like 127.0.0.1:9187"),
        ("http: 70000", "monitoring.http: found the number 70000"),
        ("http: true", "monitoring.http: found the boolean true"),
        ("http: 127.0.0.1", "monitoring.http: found \"127.0.0.1\""),
        ("http: 'http://127.0.0.1:9187'", "monitoring.http: found \"http://127.0.0.1:9187\""),
        ("http: '::1:9187'", "monitoring.http: found"),
        ("http: 'a b:1'", "monitoring.http: found"),
        (
            "cloudwatch: yes please",
            "monitoring.cloudwatch: found \"yes please\", allowed: a mapping of interval, log_group"
        ),
        ("cloudwatch: { namespace: AWS/x }", "monitoring.cloudwatch.namespace: found \"AWS/x\""),
        ("cloudwatch: { namespace: '' }", "not beginning with AWS/"),
        ("cloudwatch: { log_group: 'a b' }", "allowed: 1 to 512 of letters, digits and . - _ / #"),
        ("cloudwatch: { interval: 1s }", "from 10s to 1h"),
        ("cloudwatch: { log_level: warnin }", "did you mean warning?"),
        ("cloudwatch: { loggroup: x }", "did you mean log_group?"),
        ("port: 1", "monitoring.port: found an unknown key, allowed: cloudwatch, http"),
    ])
    func `what cannot be meant is refused`(yaml: String, message: String) throws {
        let error = try #require(throws: SettingsError.self) { try read("monitoring: { \(yaml) }") }
        #expect(error.description.contains(message), "\(error)")
    }
}

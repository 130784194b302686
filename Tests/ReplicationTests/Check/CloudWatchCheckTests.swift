import AWS
import Telemetry
import TestSupport
import Testing

@testable import Replication

@Suite
struct CloudWatchCheckTests {
    private func findings(
        metrics: FaultReply,
        logs: FaultReply,
        lake change: (inout LakeOptions) -> Void = { _ in }
    ) async throws -> (findings: [Finding], requests: [FaultRequest]) {
        let server = try FaultServer { request, _ in request["x-amz-target"] == nil ? metrics : logs }
        var lake = LakeOptions(location: .s3(bucket: "lake", prefix: ""), region: "eu-west-1")
        change(&lake)
        var check = CloudWatchCheck(options: CloudWatchOptions(), lake: lake)
        check.environment = Environment([
            "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "canary",
            "AWS_ENDPOINT_URL": server.origin, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1",
        ])
        return (try await check.findings(), server.requests)
    }

    private static func refusal(_ status: Int, _ code: String) -> FaultReply {
        .status(status, [:], "<ErrorResponse><Error><Code>\(code)</Code></Error></ErrorResponse>")
    }

    private static func refusal(json type: String, _ message: String = "") -> FaultReply {
        .status(400, [:], "{\"__type\":\"\(type)\",\"message\":\"\(message)\"}")
    }

    @Test
    func `whoever may send is told so, and nothing is left behind`() async throws {
        let (findings, requests) = try await findings(
            metrics: Self.refusal(400, "InvalidParameterValue"),
            logs: Self.refusal(json: "ResourceNotFoundException", "The specified log stream does not exist.")
        )
        #expect(findings.map(\.status) == [.ok, .ok])
        #expect(findings.map(\.check) == ["metrics", "logs"])
        // No stream and no group is made.
        #expect(requests.compactMap { $0["x-amz-target"] } == ["Logs_20140328.PutLogEvents"])
        #expect(requests.allSatisfy { $0["authorization"]?.contains("/eu-west-1/") == true })
    }

    @Test
    func `of a group that is missing nobody knows whether it may be made`() async throws {
        let (findings, requests) = try await findings(
            metrics: Self.refusal(400, "InvalidParameterValue"),
            logs: Self.refusal(json: "ResourceNotFoundException", "The specified log group does not exist.")
        )
        #expect(findings.map(\.status) == [.ok, .warn])
        #expect(findings[1].message.contains("it was not tried whether it may be made (logs:CreateLogGroup"))
        #expect(
            findings[1].remedies == [.shell("aws logs create-log-group --log-group-name /aws/tokyo-ia/etl/dev")]
        )
        #expect(requests.compactMap { $0["x-amz-target"] } == ["Logs_20140328.PutLogEvents"])
    }

    @Test
    func `whoever may not fails with the permission that it takes`() async throws {
        let (findings, _) = try await findings(
            metrics: Self.refusal(403, "AccessDenied"),
            logs: Self.refusal(json: "AccessDeniedException")
        )
        #expect(findings.map(\.status) == [.fail, .fail])
        #expect(findings[0].remedies == [.advice("Allow cloudwatch:PutMetricData in the namespace Tokyo-IA/ETL")])
        #expect(findings[1].remedies[0].text.hasSuffix("logs:PutLogEvents on the group /aws/tokyo-ia/etl/dev"))
        #expect(!findings.contains { $0.message.contains("canary") })
    }

    @Test
    func `the region of another store is none of AWS`() async throws {
        let (_, requests) = try await findings(metrics: .status(200), logs: .status(200, [:], "{}")) {
            $0.endpoint = "http://127.0.0.1:1"
        }
        #expect(requests.allSatisfy { $0["authorization"]?.contains("/us-east-1/") == true })
    }
}

import AWS
import TestSupport

/// Services of AWS whose server is a stub, in a world without files and variables.
enum StubbedServices {
    private struct Fixed: CredentialsProvider {
        func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
            Credentials(accessKeyID: "KEY", secretAccessKey: Secret("secret"), sessionToken: nil, source: "test")
        }
    }

    static func open(_ server: FaultServer) throws -> AWSServices {
        var options = AWSServices.Options()
        options.environment = Environment([
            "AWS_ENDPOINT_URL": server.origin, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent",
        ])
        options.credentials = Fixed()
        var retry = RetryPolicy()
        retry.firstDelay = .milliseconds(2)
        retry.firstThrottledDelay = .milliseconds(2)
        options.retry = retry
        return try AWSServices(options)
    }
}

extension FaultReply {
    static func json(_ body: String) -> FaultReply { .status(200, [:], body) }

    static func refusal(_ code: String, _ message: String = "scripted") -> FaultReply {
        .status(400, [:], #"{"__type":"\#(code)","Message":"\#(message)"}"#)
    }
}

extension FaultRequest {
    /// The operation that was called.
    var operation: String { String((self["x-amz-target"] ?? "").split(separator: ".").last ?? "") }

    /// The input.
    var input: ExactJSON? { try? ExactJSON(body) }
}

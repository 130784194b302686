import AWS
import TestSupport
import Testing

@Suite
struct JSONServiceTests {
    private struct Input: Encodable {
        var name: String
        var token: String?
    }

    private struct Output: Decodable {
        struct Table: Decodable {
            let name: String
        }

        let tables: [Table]
    }

    private struct Fixed: CredentialsProvider {
        func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
            Credentials(accessKeyID: "KEY", secretAccessKey: Secret("canary-secret"), sessionToken: nil, source: "test")
        }
    }

    private func service(_ server: FaultServer, _ variables: [String: String] = [:]) throws -> JSONService {
        var options = AWSServices.Options()
        let usual = [
            "AWS_ENDPOINT_URL_GLUE": server.origin, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent",
        ]
        options.environment = Environment(usual.merging(variables) { $1 })
        options.credentials = Fixed()
        var retry = RetryPolicy()
        retry.firstDelay = .milliseconds(2)
        retry.firstThrottledDelay = .milliseconds(2)
        options.retry = retry
        return try AWSServices(options).json(.glue, targetPrefix: "AWSGlue")
    }

    @Test
    func `a call names its operation, is signed and returns what is asked for of the answer`() async throws {
        let server = try FaultServer(.status(200, [:], #"{"tables":[{"name":"a","more":1}],"other":null}"#))
        let output = try await service(server, ["AWS_REGION": "eu-west-1"])
            .call("GetTables", Input(name: "a/b"), as: Output.self)
        #expect(output.tables.map(\.name) == ["a"])
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.target == "/")
        #expect(request["x-amz-target"] == "AWSGlue.GetTables")
        #expect(request["content-type"] == "application/x-amz-json-1.1")
        #expect(request["authorization"]?.contains("/eu-west-1/glue/aws4_request") == true)
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"name":"a/b"}"#)
    }

    @Test
    func `an operation without output may answer with nothing`() async throws {
        let server = try FaultServer(.status(200), .status(200, [:], "{}"))
        let service = try service(server)
        for _ in 0..<2 { _ = try await service.call("CreateTable", Input(name: "a"), as: EmptyObject.self) }
        #expect(server.requests.count == 2)
    }

    @Test(arguments: [
        (["x-amzn-ErrorType": "AccessDeniedException:http://internal/"], #"{"Message":"no"}"#),
        ([:], #"{"__type":"com.amazonaws.glue#AccessDeniedException","message":"no"}"#),
        (
            [:],
            "<Response><Errors><Error><Code>AccessDeniedException</Code><Message>no</Message></Error></Errors></Response>"
        ),
    ])
    func `a refusal is read wherever its name stands`(headers: [String: String], body: String) async throws {
        let server = try FaultServer(.status(400, headers, body))
        let error = await #expect(throws: AWSError.self) {
            try await service(server).call("GetTable", Input(name: "a"), as: EmptyObject.self)
        }
        #expect(error?.failure?.code == "AccessDeniedException")
        #expect(error?.failure?.message == "no")
        #expect(server.requests.count == 1)
    }

    @Test
    func `throttling and pages of a proxy are tried again`() async throws {
        let server = try FaultServer(
            .status(400, [:], #"{"__type":"ThrottlingException","message":"slow"}"#),
            .status(502, ["Content-Type": "text/html"], "<html><p>Bad gateway"),
            .status(200, [:], "{}")
        )
        _ = try await service(server).call("GetTable", Input(name: "a"), as: EmptyObject.self)
        #expect(server.requests.count == 3)
    }

    @Test
    func `a page in place of a refusal is told by its status`() async throws {
        let server = try FaultServer(.status(404, [:], "<!DOCTYPE html><html>not here"))
        let error = await #expect(throws: AWSError.self) {
            try await service(server).call("GetTable", Input(name: "a"), as: EmptyObject.self)
        }
        #expect(error?.failure?.status == 404)
        #expect(error?.failure?.code == "")
    }

    @Test(arguments: [
        (#"{"tables":[{"nom":"canary"}]}"#, "tables.0.name"), ("canary", "GetTables"), (#"{"tables":1}"#, "tables"),
    ])
    func `an answer of another form is an error that shows nothing of it`(body: String, place: String) async throws {
        let server = try FaultServer(.status(200, [:], body))
        let error = await #expect(throws: AWSError.self) {
            try await service(server).call("GetTables", Input(name: "a"), as: Output.self)
        }
        #expect(error?.code == .invalidResponse)
        let text = try #require(error).description
        #expect(text.contains(place) && !text.contains("canary"))
    }

    @Test
    func `an answer beyond the limit is refused`() async throws {
        let server = try FaultServer(.status(200, [:], #"{"tables":[]}"# + String(repeating: " ", count: 2000)))
        let error = await #expect(throws: AWSError.self) {
            try await service(server).call("GetTables", Input(name: "a"), as: Output.self, answerLimit: 1000)
        }
        #expect(error?.code == .transport)
    }

    @Test
    func `without a region and without a machine that tells it nothing is opened`() throws {
        var options = AWSServices.Options()
        options.environment = Environment(["AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"])
        let services = try AWSServices(options)
        let error = #expect(throws: AWSError.self) { try services.json(.athena, targetPrefix: "AmazonAthena") }
        #expect(error?.code == .noRegion)
    }
}

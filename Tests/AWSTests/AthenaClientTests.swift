import AWS
import TestSupport
import Testing

@Suite
struct AthenaClientTests {
    private func client(_ server: FaultServer, output: String? = "s3://r/") throws -> AthenaClient {
        let settings = AthenaClient.Settings(database: "db", workGroup: "wg", output: output)
        var client = try AthenaClient(StubbedServices.open(server), settings)
        client.firstPause = .milliseconds(1)
        client.longestPause = .milliseconds(4)
        return client
    }

    private static let started = FaultReply.json(#"{"QueryExecutionId":"q1"}"#)

    private static func state(_ state: String, _ more: String = "", type: String = "DML") -> FaultReply {
        .json(
            #"{"QueryExecution":{"Status":{"State":"\#(state)"\#(more)},"StatementType":"\#(type)","#
                + #""Statistics":{"DataScannedInBytes":1234}}}"#
        )
    }

    @Test
    func `a query is started once, looked at until it ends, and its rows come without the header`() async throws {
        let page = #"{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":"n"},{}]},{"Data":[{"VarCharValue":"5"},{}]}]},"#
        let server = try FaultServer(
            Self.started,
            Self.state("QUEUED"),
            Self.state("RUNNING"),
            Self.state("SUCCEEDED"),
            .json(page + #""NextToken":"t"}"#),
            .json(#"{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":"6"},{"VarCharValue":""}]}]}}"#)
        )
        let client = try client(server)
        let query = try await client.run("SELECT 1")
        #expect(query.scannedByteCount == 1234)
        #expect(try await client.rows(of: query) == [["5", nil], ["6", ""]])
        let start = try #require(server.requests.first?.input)
        #expect(start["QueryExecutionContext"] == ["Database": "db"])
        #expect(start["ResultConfiguration"] == ["OutputLocation": "s3://r/"])
        #expect(start["WorkGroup"] == "wg" && start["ClientRequestToken"]?.text?.utf8.count == 36)
        #expect(server.requests.last?.input?["NextToken"] == "t")
    }

    @Test
    func `what is no query has no header`() async throws {
        let server = try FaultServer(
            Self.started,
            Self.state("SUCCEEDED", type: "DDL"),
            .json(#"{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":"a"}]}]}}"#)
        )
        let client = try client(server, output: nil)
        #expect(try await client.rows(of: client.run("SHOW TABLES")) == [["a"]])
        #expect(server.requests.first?.input?["ResultConfiguration"] == nil)
    }

    @Test
    func `a query that fails says why`() async throws {
        let server = try FaultServer(
            Self.started,
            Self.state("FAILED", #","StateChangeReason":"line 1: no","AthenaError":{"Retryable":true}"#)
        )
        let error = await #expect(throws: AWSError.self) { try await client(server).run("SELECT") }
        #expect(error?.code == .queryFailed && error?.isTransient == true)
        #expect(error?.description.contains("line 1: no") == true)
    }

    @Test
    func `a query that takes too long is stopped`() async throws {
        let server = try FaultServer { request, _ in
            request.operation == "StartQueryExecution" ? Self.started : Self.state("RUNNING")
        }
        var impatient = try client(server)
        impatient.patience = .milliseconds(10)
        let client = impatient
        let error = await #expect(throws: AWSError.self) { try await client.run("SELECT 1") }
        #expect(error?.code == .late)
        #expect(server.requests.last?.operation == "StopQueryExecution")
    }

    @Test
    func `a query whose task is cancelled is stopped`() async throws {
        let server = try FaultServer { request, _ in
            request.operation == "StartQueryExecution" ? Self.started : Self.state("RUNNING")
        }
        var slow = try client(server)
        slow.longestPause = .seconds(600)
        slow.firstPause = .seconds(600)
        let client = slow
        let task = Task {
            await #expect(throws: AWSError.self) { try await client.run("SELECT 1") }
        }
        while server.requests.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        #expect(server.requests.last?.operation == "StopQueryExecution")
    }

    @Test(arguments: [
        ("InvalidRequestException", "No output location provided.", "Set athena.output"),
        ("InvalidRequestException", "WorkGroup wg is not found.", "Set athena.workgroup"),
        ("AccessDeniedException", "no", "Allow athena:StartQueryExecution"),
    ])
    func `a refusal says what to do`(code: String, message: String, remedy: String) async throws {
        let server = try FaultServer(.refusal(code, message))
        let error = await #expect(throws: AWSError.self) { try await client(server).run("SELECT 1") }
        #expect(error?.description.contains(remedy) == true)
    }

    @Test
    func `a statement that Athena would not take is not sent`() async throws {
        let server = try FaultServer(Self.started)
        await #expect(throws: AWSError.self) {
            try await client(server).run(String(repeating: "x", count: 300_000))
        }
        #expect(server.requests.isEmpty)
    }
}

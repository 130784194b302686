import AWS
import TestSupport
import Testing

@Suite
struct GlueClientTests {
    private func client(_ server: FaultServer) throws -> GlueClient { try GlueClient(StubbedServices.open(server)) }

    @Test
    func `a table comes back as it was, without what the server adds by itself`() async throws {
        let answer = #"""
            {"Table":{"Name":"t","VersionId":"7","CreateTime":1.7E9,"CreatedBy":"x","CatalogId":"1","LastAccessTime":0.0,
            "Parameters":{"numRows":"1"},"Retention":10,"IsRegisteredWithLakeFormation":false,"ViewOriginalText":null,
            "StorageDescriptor":{"Unknown":[1.50]}}}
            """#
        let server = try FaultServer(.json(answer), .json("{}"))
        let client = try client(server)
        let table = try #require(try await client.table("t", in: "db"))
        #expect(table.version == "7")
        #expect(try await client.update(table.input, from: table.version, in: "db"))
        let sent = try #require(server.requests.last?.input)
        #expect(server.requests.map(\.operation) == ["GetTable", "UpdateTable"])
        #expect(sent["VersionId"] == "7" && sent["SkipArchive"] == true)
        let text = String(decoding: try #require(sent["TableInput"]).bytes, as: UTF8.self)
        #expect(
            text
                == #"{"Name":"t","LastAccessTime":0.0,"Parameters":{"numRows":"1"},"Retention":10,"StorageDescriptor":{"Unknown":[1.50]}}"#
        )
    }

    @Test
    func `what is not there, there already or changed meanwhile is an answer and no error`() async throws {
        let server = try FaultServer(
            .refusal("EntityNotFoundException"),
            .refusal("EntityNotFoundException"),
            .refusal("AlreadyExistsException"),
            .refusal("AlreadyExistsException"),
            .refusal("ConcurrentModificationException")
        )
        let client = try client(server)
        #expect(try await !client.hasDatabase("db"))
        #expect(try await client.table("t", in: "db") == nil)
        #expect(try await !client.createDatabase("db", description: ""))
        #expect(try await !client.create([:], in: "db"))
        #expect(try await !client.update([:], from: "1", in: "db"))
        #expect(server.requests.count == 5)
    }

    @Test
    func `partitions come from all pages`() async throws {
        let server = try FaultServer(
            .json(#"{"Partitions":[{"Values":["2021","1","2"],"CreationTime":1}],"NextToken":"more"}"#),
            .json(#"{"Partitions":[{"Values":["2021","1","3"]}],"NextToken":""}"#),
            .json(#"{"Partitions":[]}"#)
        )
        let found = try await client(server).partitions(of: "t", in: "db")
        #expect(found.map(\.values) == [["2021", "1", "2"], ["2021", "1", "3"]])
        #expect(server.requests[1].input?["NextToken"] == "more")
    }

    @Test
    func `a page that comes again and again is an error`() async throws {
        let server = try FaultServer(.json(#"{"Partitions":[],"NextToken":"same"}"#))
        await #expect(throws: AWSError.self) { try await client(server).partitions(of: "t", in: "db") }
        #expect(server.requests.count == 2)
    }

    @Test
    func `partitions are created a hundred at a time, and those that are there are no errors`() async throws {
        let there = #"{"Errors":[{"PartitionValues":["1"],"ErrorDetail":{"ErrorCode":"AlreadyExistsException"}}]}"#
        let server = try FaultServer(.json(there), .json("{}"), .json("{}"))
        let inputs = (0..<250).map { ExactJSON.object([.init("Values", [.string("\($0)")])]) }
        #expect(try await client(server).create(inputs, of: "t", in: "db") == 249)
        #expect(server.requests.map { $0.input?["PartitionInputList"]?.values?.count } == [100, 100, 50])
    }

    @Test
    func `an error inside a success is an error`() async throws {
        let refused = #"{"Errors":[{"ErrorDetail":{"ErrorCode":"InvalidInputException","ErrorMessage":"odd"}}]}"#
        let server = try FaultServer(.json(refused))
        let error = await #expect(throws: AWSError.self) {
            try await client(server).create([[:]], of: "t", in: "db")
        }
        #expect(error?.description.contains("InvalidInputException") == true)
    }

    @Test(arguments: [
        ("no", "Allow glue:GetTable in the IAM policy"),
        ("Insufficient Lake Formation permission(s) on t", "Lake Formation refuses this whatever IAM allows"),
    ])
    func `a refusal of rights names the action, or Lake Formation`(message: String, remedy: String) async throws {
        let server = try FaultServer(.refusal("AccessDeniedException", message))
        let error = await #expect(throws: AWSError.self) { try await client(server).table("t", in: "db") }
        #expect(error?.description.contains(remedy) == true && error?.description.contains(message) == true)
    }

    @Test(arguments: ["[", "{}", #"{"Table":1}"#])
    func `an answer that is none is an error`(body: String) async throws {
        let server = try FaultServer(.json(body))
        let error = await #expect(throws: AWSError.self) { try await client(server).table("t", in: "db") }
        #expect(error?.code == .invalidResponse)
    }
}

import AWS
import HTTP
import ObjectStorage
import TestSupport
import Testing

/// A real S3 server, named by the environment.
private enum S3Server {
    static let variables = ["SLUICE_TEST_S3_ENDPOINT", "SLUICE_TEST_S3_ACCESS_KEY", "SLUICE_TEST_S3_SECRET_KEY"]

    private static let process = Environment.process

    /// Whether the tests run: also where the server is required and missing, so that they fail.
    static var isWanted: Bool {
        variables.allSatisfy { process[$0] != nil } || process["CI"] != nil
            || process["SLUICE_TEST_SERVERS"] == "required"
    }

    /// A store in a place of its own.
    static func store(_ change: (inout S3Configuration) -> Void = { _ in }, secret: String? = nil) throws -> S3Store {
        let endpoint = try #require(process[variables[0]], "\(variables[0]) is not set, and servers are required")
        let id = try #require(process[variables[1]], "\(variables[1]) is not set, and servers are required")
        let key = try #require(process[variables[2]], "\(variables[2]) is not set, and servers are required")
        var configuration = S3Configuration(
            bucket: "sluice-test",
            prefix: "run \(UInt64.random(in: 0 ... .max))/year=2025",
            region: "us-east-1",
            endpoint: try Endpoint(url: endpoint)
        )
        change(&configuration)
        let credentials = Credentials(accessKeyID: id, secretAccessKey: Secret(secret ?? key), source: "test")
        var http = HTTPClient.Configuration()
        http.certificateAuthorities = AWSSettings(environment: process).certificateAuthorities
        return try S3Store(configuration, http: try HTTPClient(http), credentials: StaticCredentials(credentials))
    }
}

@Suite(
    "S3 store on a real server",
    .enabled(if: S3Server.isWanted, "set SLUICE_TEST_S3_ENDPOINT, _ACCESS_KEY and _SECRET_KEY to run these")
)
struct S3StoreServerTests {
    @Test("keeps the contract of a store", arguments: StoreContract.all)
    func contract(clause: StoreContract) async throws {
        try await clause.check(try S3Server.store())
    }

    /// Ten and a half MiB that show every shift of a piece.
    private static let large: [[UInt8]] = (0..<21).map { segment in
        (0..<(1 << 19)).map { UInt8(truncatingIfNeeded: segment &* 37 &+ $0 &* 11 &+ $0 >> 8) }
    }

    private func multipartStore() throws -> S3Store {
        try S3Server.store { configuration in
            configuration.multipartThreshold = 1 << 20
            configuration.partSize = 5 << 20
        }
    }

    @Test("a large object goes up in parts, from memory and from a file, and comes down whole and in ranges")
    func multipart() async throws {
        let store = try multipartStore()
        let whole = Self.large.flatMap { $0 }
        let version = try await store.put("big=1/a b.parquet", .segments(Self.large))
        #expect(version.text.hasSuffix("-3"))
        #expect(try await store.head("big=1/a b.parquet")?.version == version)
        #expect(try await store.get("big=1/a b.parquet") == whole)
        let seam = (5 << 20) - 3..<(5 << 20) + 5
        #expect(try await store.get("big=1/a b.parquet", range: seam) == Array(whole[seam]))
        let folder = try TemporaryFolder()
        let path = try folder.write("source", whole)
        try await store.put("from-file", .consumingFile(path: path))
        #expect(try await store.get("from-file") == whole)
        #expect(folder.files().isEmpty)
    }

    @Test("the completion of an upload is conditional too, and leaves no upload behind")
    func conditionalMultipart() async throws {
        let store = try multipartStore()
        let first = try await store.put("big", .segments(Self.large), condition: .ifAbsent)
        let refused = await code { _ = try await store.put("big", .segments(Self.large), condition: .ifAbsent) }
        #expect(refused == .conflict)
        let small = try await store.put("big", bytes("small"), condition: .ifMatches(first))
        let late = await code { _ = try await store.put("big", .segments(Self.large), condition: .ifMatches(first)) }
        #expect(late == .conflict)
        #expect(try await store.head("big")?.version == small)
        #expect(try await keys(store) == ["big"])
        #expect(try await store.sweepLeftovers() == 0)
    }

    @Test(
        "of several that replace one version around copied ranges at once, one succeeds, and no upload is left behind"
    )
    func replacementsInParts() async throws {
        let store = try multipartStore()
        let whole = Self.large.flatMap { $0 }
        let version = try await store.put("big=1/a b.parquet", .segments(Self.large))
        let outcomes = await withTaskGroup(of: ObjectStorageError.Code?.self) { group in
            for number in 0..<4 {
                group.addTask {
                    await code {
                        let pieces: [ObjectPiece] = [.bytes([UInt8(number)]), .copy(0..<whole.count), .bytes([7])]
                        let done = try await store.replace("big=1/a b.parquet", version: version, with: pieces)
                        #expect(done.copiedByteCount == whole.count - (5 << 20) + 1)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 1)
        #expect(outcomes.filter { $0 == .conflict }.count == outcomes.count - 1)
        #expect(try await store.get("big=1/a b.parquet", range: 1..<(whole.count + 2)) == whole + [7])
        #expect(try await store.sweepLeftovers() == 0)
    }

    @Test("a wrong secret is refused with what to do, and not tried again and again")
    func wrongSecret() async throws {
        let store = try S3Server.store(secret: "wrong")
        let error = await #expect(throws: ObjectStorageError.self) { try await store.put("k", bytes("x")) }
        #expect(error?.code == .accessDenied)
        #expect(error?.remedy?.contains("credentials") == true)
        #expect(error?.isTransient == false)
    }

    @Test("many tasks may share a store")
    func manyTasks() async throws {
        let store = try S3Server.store()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask {
                    try await store.put("n/\(number)", bytes("\(number)"))
                    #expect(try await text(store, "n/\(number)") == "\(number)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try await keys(store, "n/").count == 64)
    }
}

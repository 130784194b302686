import Columnar
import Lake
import ObjectStorage
import PostgresWire
import TestSupport
import Testing

@Suite
struct LakeStreamsTests {
    private let folder: TemporaryFolder
    private let store: LocalFolderStore

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalFolderStore(path: folder.path)
    }

    private func begin(_ slot: String, _ tables: [Checkpoint.Table]) async throws -> CheckpointStore {
        let checkpoints = CheckpointStore(store: store, slot: slot, owner: slot)
        let source = Checkpoint.Source(system: "7", timeline: 1, database: "d", slot: slot, slotCreated: nil)
        _ = try await checkpoints.takeOver(source: source, position: LSN(rawValue: 1), time: "now")
        try await checkpoints.update { checkpoint throws(CheckpointStore.Failure) in
            guard var checkpoint else { throw .replaced }
            checkpoint.tables = tables
            return checkpoint
        }
        return checkpoints
    }

    private func table(_ name: String, _ oid: UInt32) -> Checkpoint.Table {
        Checkpoint.Table(name: name, oid: oid, schema: "public", table: name)
    }

    @Test
    func `a lake without checkpoints has no streams`() async throws {
        try await store.put("_sluice/runs/2026/11/22/1-backfill-1.json", .bytes([]))
        try await store.put("_sluice/runs/checkpoint/checkpoint.json", .bytes([]))
        #expect(try await LakeStreams.load(from: store).streams.isEmpty)
    }

    @Test
    func `a table is carried by the stream that knows its name and its OID`() async throws {
        _ = try await begin("one", [table("invoices", 5), table("users", 6)])
        // A slot whose name is another in keys.
        _ = try await begin("_two", [table("users", 7)])
        let streams = try await LakeStreams.load(from: store)
        #expect(streams.stream(carrying: "invoices", oid: 5)?.slot == "one")
        #expect(streams.stream(carrying: "users", oid: 6)?.slot == "one")
        #expect(streams.stream(carrying: "users", oid: 7)?.slot == "_two")
        #expect(streams.stream(carrying: "invoices", oid: 6) == nil && streams.stream(carrying: "bills", oid: 5) == nil)
    }

    @Test
    func `a stream is read with the names that it gives to columns`() async throws {
        _ = try await begin("one", [table("invoices", 5)])
        #expect(try await LakeStreams.load(from: store).streams.map(\.schemas) == [SchemaRegistry()])
        var written = SchemaRegistry()
        let id = [(source: "id", type: ColumnType.leaf(.byteArray, .string))]
        _ = written.names(for: id, of: "invoices", at: LSN(rawValue: 1), taken: ["id"])
        try await written.save(slot: "one", to: store)
        let read = try await LakeStreams.load(from: store).streams.map(\.schemas)
        #expect(read == [written] && read.first?.tables["invoices"]?.map(\.name) == ["id__v2"])
    }

    @Test
    func `streams of other databases are told apart, also where only names of databases are known`() {
        func stream(_ system: String, _ database: String) -> LakeStreams.Stream {
            LakeStreams.Stream(slot: "s", system: system, database: database, tables: [], schemas: SchemaRegistry())
        }
        let streams = LakeStreams([stream("7", "a"), stream("7", "b"), stream("8", "a")])
        let known = streams.divided(system: "7", database: "a")
        #expect(known.own.streams == [stream("7", "a")] && known.others.streams.count == 2)
        #expect(streams.divided(system: nil, database: "a").own.streams == [stream("7", "a"), stream("8", "a")])
    }

    @Test
    func `each folder is asked for once, whatever is in it`() async throws {
        for number in 0..<30 { try await store.put("_sluice/runs/2026/11/\(number).json", .bytes([])) }
        _ = try await begin("s", [table("t", 1)])
        _ = try await begin("s2", [table("t2", 2)])
        _ = try await begin("s_", [table("t3", 3)])
        #expect(try await LakeStreams.load(from: store).streams.map(\.slot).sorted() == ["s", "s2", "s_"])
        #expect(try await LakeStreams.load(from: store, besides: "s").streams.map(\.slot).sorted() == ["s2", "s_"])
    }

    @Test
    func `a stream that was dropped carries nothing`() async throws {
        let checkpoints = try await begin("one", [table("invoices", 5)])
        try await checkpoints.drop()
        #expect(try await LakeStreams.load(from: store).streams.isEmpty)
    }

    @Test(arguments: ["checkpoint.json", "schemas.json"])
    func `what cannot be read is an error and not a table without a stream`(name: String) async throws {
        _ = try await begin("one", [table("invoices", 5)])
        try await store.put("_sluice/one/\(name)", .bytes(Array("{".utf8)))
        do {
            _ = try await LakeStreams.load(from: store)
            Issue.record("the document was read")
        } catch {
            guard case .unreadable(let reason) = error else { throw error }
            #expect(reason.hasPrefix("_sluice/one/\(name) "))
        }
    }
}

import ObjectStorage
import PostgresWire
import TestSupport
import Testing

@testable import Lake

@Suite
struct RewriteStateStoreTests {
    private func store(_ folder: TemporaryFolder, _ owner: String) throws -> RewriteStateStore {
        RewriteStateStore(store: try LocalFolderStore(path: folder.path), slot: "s", table: "t", owner: owner)
    }

    @Test
    func `what was saved is read again`() async throws {
        let folder = try TemporaryFolder()
        let states = try store(folder, "a")
        var state = try await states.claim(time: "now")
        #expect(state.position == .start && state.owner == "a")
        state.position = ChangePosition(lsn: LSN(rawValue: 77), sequence: 5)
        state.days = ["2026-01-01": "v1", RewriteState.name(of: nil): "v2"]
        state.repairs = ["2026-01-02"]
        try await states.save(state)
        #expect(try await store(folder, "b").load() == state)
    }

    @Test
    func `whoever claims a table last is the one that rewrites it`() async throws {
        let folder = try TemporaryFolder()
        let (first, second) = (try store(folder, "a"), try store(folder, "b"))
        let state = try await first.claim(time: "1")
        #expect(try await first.isCurrent())
        _ = try await second.claim(time: "2")
        #expect(try await !first.isCurrent())
        await #expect(throws: CheckpointStore.Failure.self) { try await first.save(state) }
        #expect(try await second.isCurrent())
        _ = try await first.claim(time: "3")
        #expect(try await first.isCurrent())
        #expect(try await !second.isCurrent())
    }

    @Test
    func `days that a replaced process was writing are unsettled until they are written again`() async throws {
        let folder = try TemporaryFolder()
        let (first, second) = (try store(folder, "a"), try store(folder, "b"))
        var state = try await first.claim(time: "1")
        state.writing = ["2026-01-01", "2026-01-02"]
        try await first.save(state)
        #expect(try await first.claim(time: "2").unsettled == nil)
        var next = try await second.claim(time: "3")
        #expect(next.writing == nil && next.unsettled == ["2026-01-01", "2026-01-02"])
        next.writing = ["2026-01-02", "2026-01-03"]
        try await second.save(next)
        #expect(try await first.claim(time: "4").unsettled == ["2026-01-01", "2026-01-02", "2026-01-03"])
        next.settle(["2026-01-02", "2026-01-03"])
        #expect(next.writing == nil && next.unsettled == ["2026-01-01"])
        next.settle(["2026-01-01"])
        #expect(next.unsettled == nil)
    }

    @Test(arguments: ["", "{", "[]", #"{"format": 2}"#, #"{"format":1,"lsn":"x"}"#])
    func `a document that is none is an error that names it`(text: String) async throws {
        let folder = try TemporaryFolder()
        let lake = try LocalFolderStore(path: folder.path)
        try await lake.put(RewriteStateStore.key(slot: "s", table: "t"), .bytes(Array(text.utf8)))
        do {
            _ = try await store(folder, "a").load()
            Issue.record("\(text) was read")
        } catch {
            #expect("\(error)".contains("_sluice/s/tables/t.json"))
        }
    }
}

import ObjectStorage
import PostgresWire
import TestSupport
import Testing

@testable import Lake

@Suite
struct DroppedSlotTests {
    let folder: TemporaryFolder
    let store: LocalFolderStore
    let source = Checkpoint.Source(system: "7", timeline: 1, database: "d", slot: "s", slotCreated: nil)

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalFolderStore(path: folder.path)
    }

    @Test
    func `generations go on after a drop so that no file takes an older one's name`() async throws {
        _ = try await start("a", at: 100)
        #expect(try await start("b", at: 200).generation == 2)
        try await drop()
        let checkpoint = try await start("c", at: 50)
        #expect(checkpoint.generation == 3)
        #expect(checkpoint.formerGenerations == 2)
        try await drop()
        try await drop()
        #expect(try await start("d", at: 50).generation == 4)
    }

    @Test
    func `a new slot counts on from one that was dropped, since both write to the same folders`() async throws {
        _ = try await start("a", at: 100)
        _ = try await start("b", at: 200)
        try await drop()
        let checkpoints = CheckpointStore(store: store, slot: "other", owner: "c")
        let checkpoint = try await checkpoints.takeOver(source: source, position: LSN(rawValue: 50), time: "now")
        #expect(checkpoint.generation == 3 && checkpoint.formerGenerations == 2)
    }

    @Test
    func `files of before a drop are no orphans even beyond the new position`() async throws {
        _ = try await start("a", at: 100)
        _ = try await start("b", at: 200)
        try await drop()
        // As on a server that was restored from a backup: its positions begin again further back.
        _ = try await start("c", at: 50)
        let checkpoint = try await start("d", at: 50)
        #expect(!checkpoint.isOrphan(try file(last: 300, generation: 1)))
        #expect(!checkpoint.isOrphan(try file(last: 300, generation: 2)))
        #expect(checkpoint.isOrphan(try file(last: 50, generation: 3)))
        #expect(!checkpoint.isOrphan(try file(last: 49, generation: 3)))
        #expect(!checkpoint.isOrphan(try file(last: 300, generation: 4)))
    }

    @Test
    func `a drop removes what is kept for the slot and nothing else`() async throws {
        _ = try await start("a", at: 100)
        let kept = [
            "_sluice/s/schemas.json",
            "t/t.parquet", "t_changes/x.parquet", "_sluice/s2/checkpoint.json", "_sluice/s/2026/11/22/run.json",
        ]
        for key in kept + ["_sluice/s/tables/t/pending.json"] {
            try await store.put(key, .bytes([1]))
        }
        try await drop()
        let files = folder.files().filter { !$0.hasSuffix("/") && !$0.hasPrefix("_sluice/tmp/") }
        #expect(Set(files) == Set(kept + ["_sluice/s/dropped.json"]))
    }

    @Test
    func `a process that still writes keeps its checkpoint`() async throws {
        let dropping = CheckpointStore(store: store, slot: "s", owner: "x")
        _ = try await start("a", at: 100)
        try await dropping.load()
        _ = try await start("b", at: 200)
        let error = try await #require(throws: CheckpointStore.Failure.self) { try await dropping.drop() }
        guard case .replaced = error else {
            Issue.record("\(error)")
            return
        }
        #expect(try await start("c", at: 300).generation == 3)
    }

    @Test
    func `a process of before the drop cannot write any more`() async throws {
        let old = CheckpointStore(store: store, slot: "s", owner: "old")
        _ = try await old.takeOver(source: source, position: LSN(rawValue: 100), time: "")
        try await drop()
        #expect(try await !old.isCurrent())
        await #expect(throws: CheckpointStore.Failure.self) { try await old.update { $0 ?? Self.unexpected() } }
    }

    private static func unexpected() -> Checkpoint {
        Checkpoint(
            source: .init(system: "", timeline: 0, database: "", slot: "", slotCreated: nil),
            position: LSN(rawValue: 0),
            updated: ""
        )
    }

    private func start(_ owner: String, at position: UInt64) async throws -> Checkpoint {
        let checkpoints = CheckpointStore(store: store, slot: "s", owner: owner)
        try await checkpoints.load()
        return try await checkpoints.takeOver(source: source, position: LSN(rawValue: position), time: "")
    }

    private func drop() async throws {
        let checkpoints = CheckpointStore(store: store, slot: "s", owner: "dropping")
        try await checkpoints.load()
        try await checkpoints.drop()
    }

    private func file(last: UInt64, generation: Int) throws -> ChangeFileName {
        ChangeFileName(
            table: "t",
            day: try #require(CalendarDate("2026-11-22")),
            first: LSN(rawValue: last),
            last: LSN(rawValue: last),
            generation: generation
        )
    }
}

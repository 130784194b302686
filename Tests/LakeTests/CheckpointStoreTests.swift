import Lake
import ObjectStorage
import PostgresWire
import Synchronization
import TestSupport
import Testing

@Suite
struct CheckpointStoreTests {
    private let folder: TemporaryFolder
    private let lake: LossyStore

    init() throws {
        folder = try TemporaryFolder()
        lake = LossyStore(try LocalFolderStore(path: folder.path))
    }

    private func store(_ owner: String) -> CheckpointStore {
        CheckpointStore(store: lake, slot: "sluice", owner: owner)
    }

    private func start(_ owner: String) async throws -> CheckpointStore {
        let store = store(owner)
        try await store.load()
        _ = try await takeOver(store)
        return store
    }

    private func takeOver(_ store: CheckpointStore) async throws -> Checkpoint {
        try await store.takeOver(source: CheckpointTests.source, position: LSN(rawValue: 100), time: "now")
    }

    @discardableResult
    private func advance(_ store: CheckpointStore, to position: UInt64) async throws -> Checkpoint {
        try await store.update { checkpoint throws(CheckpointStore.Failure) in
            guard var checkpoint else { throw .replaced }
            checkpoint.position = LSN(rawValue: position)
            checkpoint.files.append("\(position)")
            return checkpoint
        }
    }

    private func expectReplaced(_ work: () async throws -> Void) async {
        do {
            try await work()
            Issue.record("a process that was replaced has written")
        } catch CheckpointStore.Failure.replaced {
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test
    func `a slot without a checkpoint has none until somebody takes over`() async throws {
        let first = store("a")
        #expect(try await first.load() == nil)
        #expect(await first.checkpoint == nil)
        #expect(try await first.isCurrent())
        let begun = try await takeOver(first)
        #expect(begun.position == LSN(rawValue: 100) && begun.generation == 1)
        #expect(folder.files().contains("_sluice/sluice/checkpoint.json"))
        #expect(await first.checkpoint == begun)
        #expect(try await store("b").load() == begun)
    }

    @Test
    func `a new process goes on at the position of the last one`() async throws {
        try await advance(start("a"), to: 200)
        let second = try await start("b")
        let checkpoint = try #require(await second.checkpoint)
        #expect(checkpoint.position == LSN(rawValue: 200) && checkpoint.files == ["200"])
        #expect(checkpoint.generations.map(\.owner) == ["a", "b"])
        #expect(checkpoint.generations.map(\.position.rawValue) == [100, 200])
    }

    @Test
    func `a process that another has replaced writes nothing any more`() async throws {
        let first = try await start("a")
        let second = try await start("b")
        #expect(try await !first.isCurrent())
        #expect(try await second.isCurrent())
        // Not only the first attempt, in which it learns of the other's document.
        for _ in 0..<3 { await expectReplaced { try await advance(first, to: 300) } }
        await expectReplaced { _ = try await takeOver(first) }
        #expect(try await !first.isCurrent())
        #expect(try await second.isCurrent())
        try await advance(second, to: 400)
        #expect(try await store("c").load()?.files == ["400"])
    }

    @Test
    func `of two processes that start at once one takes over`() async throws {
        let (first, second) = (store("a"), store("b"))
        try await first.load()
        try await second.load()
        _ = try await takeOver(first)
        await expectReplaced { _ = try await takeOver(second) }
        #expect(try await store("c").load()?.generations.map(\.owner) == ["a"])
    }

    @Test
    func `a write whose answer was lost is recognised as one's own`() async throws {
        let first = try await start("a")
        lake.losesNextAnswer()
        await #expect(throws: CheckpointStore.Failure.self) { try await advance(first, to: 200) }
        #expect(try await first.isCurrent())
        #expect(try await advance(first, to: 300).position == LSN(rawValue: 300))
        #expect(try await store("b").load()?.files == ["200", "300"])
        #expect(try await first.isCurrent())
    }

    @Test
    func `a take-over whose answer was lost is repeated`() async throws {
        _ = try await start("a")
        let second = store("b")
        try await second.load()
        lake.losesNextAnswer()
        await #expect(throws: CheckpointStore.Failure.self) { _ = try await takeOver(second) }
        #expect(try await takeOver(second).generations.last?.owner == "b")
        #expect(try await second.isCurrent())
    }

    @Test
    func `changes of several tasks follow one another and none is lost`() async throws {
        let store = try await start("a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for position in 1...20 {
                group.addTask { try await advance(store, to: UInt64(position)) }
            }
            try await group.waitForAll()
        }
        let files = try await self.store("b").load()?.files ?? []
        #expect(Set(files) == Set((1...20).map(String.init)) && files.count == 20)
        #expect(try await store.isCurrent())
    }

    @Test
    func `a change that is refused leaves the document and the next change alone`() async throws {
        let store = try await start("a")
        await expectReplaced {
            try await store.update { _ throws(CheckpointStore.Failure) in throw .replaced }
        }
        #expect(try await advance(store, to: 200).files == ["200"])
    }

    @Test(arguments: ["", "{", "[]", "{\"format\":1}"])
    func `what is no checkpoint is not replaced`(text: String) async throws {
        try await lake.put(CheckpointStore.key(slot: "sluice"), .bytes(Array(text.utf8)))
        let error = try await #require(throws: CheckpointStore.Failure.self) { _ = try await start("a") }
        guard case .unreadable(let reason) = error else { throw error }
        #expect(reason.contains("_sluice/sluice/checkpoint.json"))
        #expect(try await lake.get(CheckpointStore.key(slot: "sluice")) == Array(text.utf8))
    }

    @Test
    func `the layout of a later release is refused with the remedy`() async throws {
        try await start("a").update { checkpoint throws(CheckpointStore.Failure) in
            guard var checkpoint else { throw .replaced }
            checkpoint.format = 2
            return checkpoint
        }
        let error = try await #require(throws: CheckpointStore.Failure.self) { try await store("b").load() }
        guard case .unreadable(let reason) = error else { throw error }
        #expect(reason.contains("has format 2"))
    }
}

/// A store that can lose the answer to a write which has happened.
private final class LossyStore: ObjectStore {
    private let base: LocalFolderStore
    private let loses = Mutex(false)

    init(_ base: LocalFolderStore) {
        self.base = base
    }

    var location: String { base.location }

    func losesNextAnswer() { loses.withLock { $0 = true } }

    func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion {
        let version = try await base.put(key, body, condition: condition)
        let isLost = loses.withLock { loses in
            defer { loses = false }
            return loses
        }
        if isLost { throw ObjectStorageError(.unavailable, "the answer was lost", isTransient: true) }
        return version
    }

    func replace(
        _ key: String,
        version: ObjectVersion,
        with pieces: [ObjectPiece]
    ) async throws(ObjectStorageError) -> Replacement {
        try await base.replace(key, version: version, with: pieces)
    }

    func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? { try await base.head(key) }

    func get(
        _ key: String,
        range: Range<Int>?,
        version: ObjectVersion?
    ) async throws(ObjectStorageError) -> [UInt8] {
        try await base.get(key, range: range, version: version)
    }

    func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage {
        try await base.list(prefix: prefix, after: cursor)
    }

    func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError) {
        try await base.delete(key, version: version)
    }

    func delete(_ keys: [String]) async throws(ObjectStorageError) { try await base.delete(keys) }

    func sweepLeftovers() async throws(ObjectStorageError) -> Int { try await base.sweepLeftovers() }
}

import Columnar
import Lake
import Logging
import ObjectStorage
import Parquet
import PostgresWire
import TestSupport
import Testing

@testable import Replication

@Suite
struct ChangeCompactionTests {
    private static let next = ChangeLake.day.advanced(by: 1)
    private static let applied = ChangePosition(lsn: LSN(rawValue: 1 << 40))

    /// Changes of two files that overlap, one of another schema, and two more.
    private static func fill(_ lake: ChangeLake) async throws -> [TestChange] {
        let wider = ChangeLake.columns + [Field(name: "extra", type: .leaf(.int32, nil))]
        let changes = (0..<700).map { TestChange(UInt64(10 + $0 / 9), Int64($0 % 9), note: "\($0)") }
        try await lake.write(Array(changes[..<200]))
        try await lake.write(Array(changes[180..<300]), part: 2)
        try await lake.write(Array(changes[300..<350]), part: 3, columns: wider)
        try await lake.write(Array(changes[350..<360]))
        try await lake.write(Array(changes[360..<699]), generation: 2)
        try await lake.write([changes[699]], generation: 2, part: 4)
        return changes
    }

    /// A checkpoint of the generations that the files have.
    private static func checkpoint() -> Checkpoint {
        var checkpoint = ChangeLake.checkpoint(position: 50)
        checkpoint.begin(owner: "b", started: "")
        checkpoint.position = LSN(rawValue: 1 << 40)
        return checkpoint
    }

    private struct Stop: Error {}

    /// Merges, or finishes what was begun, ending after a step.
    private static func compact(
        _ lake: ChangeLake,
        in store: (any ObjectStore)? = nil,
        owner: String = "a",
        maximumByteCount: Int = 1 << 30,
        before day: CalendarDate = next,
        applied: ChangePosition = applied,
        finishingOnly: Bool = false,
        stoppingAt step: Int? = nil
    ) async throws -> ChangeCompaction.Summary {
        let store = store ?? lake.store
        let folder = lake.folder.path
        return try await onOwnThread("test") {
            var steps = 0
            let compaction = ChangeCompaction(
                TableRewriter.Place(store: store, slot: "s", table: "t", owner: owner, folder: folder),
                options: WriterOptions(),
                maximumByteCount: maximumByteCount,
                logger: Logger(label: "test"),
                control: RunControl(),
                watch: ChangeCompaction.Watch(reached: { _ in
                    steps += 1
                    if steps == step { throw Stop() }
                })
            )
            if finishingOnly { return try compaction.finish() }
            return try compaction.run(checkpoint(), applied: applied, before: day)
        }
    }

    private static func files(_ lake: ChangeLake) async throws -> [ChangeFile] {
        try await ChangeFiles(store: lake.store, checkpoint: checkpoint()).list(of: "t", after: .start)
    }

    private static func notes(_ lake: ChangeLake) async throws -> [String] {
        var keys: [String] = []
        for try await object in lake.store.list(prefix: "_sluice/s/") { keys.append(object.key) }
        return keys
    }

    @Test
    func `files of a finished date become few, with every change once and in order`() async throws {
        let lake = try ChangeLake()
        let changes = try await Self.fill(lake)
        let summary = try await Self.compact(lake)
        #expect(summary == ChangeCompaction.Summary(mergedFiles: 5, writtenFiles: 2))
        let files = try await Self.files(lake)
        #expect(files.map(\.name.generation) == [1, 1, 2])
        #expect(files.map(\.name.first.rawValue) == [10, 43, 48])
        var rows = 0
        for file in files {
            let bytes = try await lake.store.get(file.name.key)
            let reader = try ParquetFileReader(MemoryByteSource(bytes))
            rows += reader.rowCount
            #expect(reader.keyValueMetadata.map(\.key) == ["sluice.key", "sluice.table", "sluice.columns"])
        }
        #expect(rows == changes.count, "no change is in two files")
        let (read, _) = try await lake.read(files)
        #expect(read.map(\.position) == changes.map(\.position))
        #expect(try await Self.notes(lake).isEmpty)
        let again = try await Self.compact(lake)
        #expect(again == ChangeCompaction.Summary())
    }

    @Test
    func `a merged file is never taken for an orphan, whatever starts follow`() async throws {
        let lake = try ChangeLake()
        _ = try await Self.fill(lake)
        _ = try await Self.compact(lake)
        var checkpoint = Self.checkpoint()
        for start in 0..<80 {
            checkpoint.begin(owner: "\(start)", started: "")
            for file in try await Self.files(lake) {
                #expect(!checkpoint.isOrphan(file.name))
                #expect(ChangeFiles(store: lake.store, checkpoint: checkpoint).isDurable(file.name))
            }
            checkpoint.position = LSN(rawValue: checkpoint.position.rawValue + 5)
        }
    }

    @Test(arguments: 1...12)
    func `after an end at any step every change is there, and the next run brings it to its end`(step: Int) async throws
    {
        let lake = try ChangeLake()
        let changes = try await Self.fill(lake)
        await #expect(throws: (any Error).self) { try await Self.compact(lake, stoppingAt: step) }
        let (read, _) = try await lake.read(try await Self.files(lake))
        #expect(read.map(\.position) == changes.map(\.position))
        // Another process goes on, and ends early itself.
        _ = try? await Self.compact(lake, owner: "b", stoppingAt: 1)
        let (again, _) = try await lake.read(try await Self.files(lake))
        #expect(again.map(\.position) == changes.map(\.position))
        _ = try await Self.compact(lake, owner: "c", finishingOnly: true)
        #expect(try await Self.notes(lake).isEmpty)
        _ = try await Self.compact(lake)
        let files = try await Self.files(lake)
        #expect(files.count == 3)
        let (last, _) = try await lake.read(files)
        #expect(last.map(\.position) == changes.map(\.position))
        #expect(lake.folder.files().allSatisfy { !$0.contains("merged-") })
    }

    @Test(arguments: 0..<60)
    func `a store that fails at any request costs no change and leaves none twice in the end`(request: Int) async throws
    {
        let lake = try ChangeLake()
        let changes = try await Self.fill(lake)
        let store = FailingStore(lake.store, failingAt: request)
        _ = try? await Self.compact(lake, in: store)
        let (read, _) = try await lake.read(try await Self.files(lake))
        #expect(read.map(\.position) == changes.map(\.position))
        _ = try await Self.compact(lake, owner: "b")
        let files = try await Self.files(lake)
        #expect(files.count == 3)
        let (last, _) = try await lake.read(files)
        #expect(last.map(\.position) == changes.map(\.position))
        #expect(try await Self.notes(lake).isEmpty)
    }

    @Test
    func `a process that was overtaken gets no further than its next step`() async throws {
        for step in [2, 3, 4] {
            let lake = try ChangeLake()
            let changes = try await Self.fill(lake)
            _ = try? await Self.compact(lake, stoppingAt: step)
            let note = try await lake.store.get(CompactionIntent.key(slot: "s", table: "t"))
            _ = try await Self.compact(lake, owner: "b", finishingOnly: true)
            // The former process still believes in its own note.
            let store = StaleStore(lake.store, key: CompactionIntent.key(slot: "s", table: "t"), bytes: note)
            _ = try? await Self.compact(lake, in: store, finishingOnly: true)
            let (read, _) = try await lake.read(try await Self.files(lake))
            #expect(read.map(\.position) == changes.map(\.position))
        }
    }

    @Test
    func `what another process has merged meanwhile does not come back`() async throws {
        let lake = try ChangeLake()
        _ = try await Self.fill(lake)
        let before = try await Self.files(lake)
        let (store, folder) = (lake.store, lake.folder.path)
        let error = await #expect(throws: ReplicationError.self) {
            try await onOwnThread("test") {
                let compaction = ChangeCompaction(
                    TableRewriter.Place(store: store, slot: "s", table: "t", owner: "a", folder: folder),
                    options: WriterOptions(),
                    logger: Logger(label: "test"),
                    control: RunControl(),
                    watch: ChangeCompaction.Watch(reached: { point in
                        guard point == .beforeCompactionIntent else { return }
                        try waitForResult { try await store.delete(before[1].name.key) }
                    })
                )
                return try compaction.run(Self.checkpoint(), applied: Self.applied, before: Self.next)
            }
        }
        #expect(error?.isTransient == true)
        #expect(try await Self.notes(lake).isEmpty)
        #expect(try await Self.files(lake) == before.filter { $0 != before[1] })
    }

    @Test
    func `dates that are not over, and changes that were not applied, are left alone`() async throws {
        let lake = try ChangeLake()
        _ = try await Self.fill(lake)
        #expect(try await Self.compact(lake, before: ChangeLake.day) == ChangeCompaction.Summary())
        let within = ChangePosition(lsn: LSN(rawValue: 87), sequence: 3)
        #expect(try await Self.compact(lake, applied: within) == ChangeCompaction.Summary())
        #expect(try await Self.files(lake).count == 6)
    }

    @Test
    func `files that are large together, or already, stay apart`() async throws {
        let lake = try ChangeLake()
        let changes = try await Self.fill(lake)
        let files = try await Self.files(lake)
        let sizes = files.map(\.object.byteCount)
        _ = try await Self.compact(lake, maximumByteCount: sizes[0] + sizes[1] - 1)
        let left = try await Self.files(lake)
        #expect(left.contains(files[0]) && left.contains(files[1]))
        let (read, _) = try await lake.read(left)
        #expect(read.map(\.position) == changes.map(\.position))
        #expect(try await Self.compact(lake, maximumByteCount: 10) == ChangeCompaction.Summary())
    }

    @Test
    func `a merged file that is gone is no reason to remove the others`() async throws {
        let lake = try ChangeLake()
        _ = try await Self.fill(lake)
        let others = try await Self.files(lake)
        // Written down as whole, and nothing removed yet.
        _ = try? await Self.compact(lake, stoppingAt: 4)
        let merged = try #require(try await Self.files(lake).first { !others.contains($0) })
        try await lake.store.delete(merged.name.key)
        _ = try await Self.compact(lake, finishingOnly: true)
        #expect(try await lake.store.head(merged.name.key) != nil, "it is made again of those that are there")

        let other = try ChangeLake()
        _ = try await Self.fill(other)
        _ = try? await Self.compact(other, stoppingAt: 4)
        try await other.store.delete([merged.name.key, others[0].name.key])
        let error = await #expect(throws: ReplicationError.self) { try await Self.compact(other, finishingOnly: true) }
        #expect(error?.description.contains(merged.name.key) == true)
        #expect(try await Self.files(other).count == 5)
    }

    @Test
    func `a note that nothing was done about goes when its files are gone`() async throws {
        let lake = try ChangeLake()
        _ = try await Self.fill(lake)
        _ = try? await Self.compact(lake, stoppingAt: 2)
        #expect(try await Self.notes(lake).count == 1)
        let first = try #require(try await Self.files(lake).first)
        try await lake.store.delete(first.name.key)
        #expect(try await Self.compact(lake, finishingOnly: true) == ChangeCompaction.Summary())
        #expect(try await Self.notes(lake).isEmpty)
        #expect(try await Self.files(lake).count == 5)
    }

    @Test
    func `a note that is none, or speaks of other files, removes nothing`() async throws {
        let names = try await {
            let lake = try ChangeLake()
            _ = try await Self.fill(lake)
            return try await Self.files(lake).map(\.name)
        }()
        var foreign = names[1]
        foreign.table = "u"
        var earlier = names[1]
        earlier.first = LSN(rawValue: 1)
        var newer = names[1]
        newer.generation = 9
        let merged = try #require(ChangeFileName(merging: names, among: names))
        let intents = [[foreign], [earlier], [newer], [merged], []].map { replaced in
            CompactionIntent(file: merged.key, replaced: replaced.map(\.key), owner: "a", started: "")
        }
        #expect(!intents.contains { $0.isSound(for: "t") })
        let sound = CompactionIntent(file: merged.key, replaced: names.map(\.key), owner: "a", started: "")
        #expect(sound.isSound(for: "t") && !sound.isSound(for: "u"))
        for text in ["", "{}", "{\"format\":2}"] {
            let lake = try ChangeLake()
            _ = try await Self.fill(lake)
            try await lake.store.put(CompactionIntent.key(slot: "s", table: "t"), .bytes(Array(text.utf8)))
            await #expect(throws: ReplicationError.self) { try await Self.compact(lake) }
            #expect(try await Self.files(lake).count == 6)
        }
    }

    @Test
    func `the name of a merged file was never another's`() throws {
        func name(_ first: UInt64, _ last: UInt64, _ generation: Int, _ part: Int) -> ChangeFileName {
            ChangeFileName(
                table: "t",
                day: ChangeLake.day,
                first: LSN(rawValue: first),
                last: LSN(rawValue: last),
                generation: generation,
                part: part
            )
        }
        let files = [name(10, 20, 1, 1), name(10, 20, 1, 3), name(15, 18, 1, 7)]
        #expect(ChangeFileName(merging: files, among: files) == name(10, 20, 1, 4))
        #expect(ChangeFileName(merging: files + [name(12, 40, 2, 2)], among: files) == name(10, 40, 2, 1))
        #expect(ChangeFileName(merging: files, among: files + [name(10, 20, 1, 4)]) == name(10, 20, 1, 5))
        #expect(ChangeFileName(merging: [], among: files) == nil)
    }

    @Test
    func `a date is finished once it has been over for as long as is asked for`() {
        let midnight = Int64(ChangeLake.day.daysSinceEpoch) * 86_400
        func first(_ seconds: Int64, _ delay: Duration) -> CalendarDate {
            ChangeCompaction.firstUnfinishedDay(at: seconds, after: delay)
        }
        #expect(first(midnight, .zero) == ChangeLake.day)
        #expect(first(midnight - 1, .zero) == ChangeLake.day.advanced(by: -1))
        #expect(first(midnight + 3_599, .seconds(3_600)) == ChangeLake.day.advanced(by: -1))
        #expect(first(midnight + 3_600, .seconds(3_600)) == ChangeLake.day)
        #expect(first(0, .seconds(1)) == CalendarDate(daysSinceEpoch: -1))
    }
}

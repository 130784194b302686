import Columnar
import Lake
import ObjectStorage
import PostgresWire
import Testing

@testable import Replication

@Suite
struct ChangeSourceTests {
    @Test
    func `changes come in the order of their commits with all that is known of them`() async throws {
        let lake = try ChangeLake()
        let changes = [
            TestChange(10, 1, "I", note: "a", rescued: #"{"note":"NaN"}"#),
            TestChange(10, 2, "U", unchanged: ["note"], oldKey: #"{"id":"7"}"#), TestChange(10, 3, "D"),
            TestChange(20, 1, "T"), TestChange(20, 2, "U", note: "b", unchanged: ["id", "note"]),
        ]
        try await lake.write(Array(changes[3...]))
        try await lake.write(Array(changes[..<3]))
        let (read, batches) = try await lake.read(try await lake.files())
        #expect(read == changes)
        #expect(batches.count == 2)
    }

    @Test
    func `a file says what its table looks like`() async throws {
        let lake = try ChangeLake()
        let file = try await lake.write([TestChange(10, 1)])
        let store = lake.store
        let isRight = try await onOwnThread("test") {
            let end = ChangePosition(lsn: LSN(rawValue: .max))
            let source = ChangeSource(files: [file], in: store, after: .start, through: end)
            let schema = try #require(try source.next(maximumByteCount: 1)).file
            return schema.key == file.name.key && schema.columns == ChangeLake.columns && schema.keyNames == ["id"]
                && schema.typeNames == ["bigint", nil] && schema.metadata["sluice.table"] == "public.t"
        }
        #expect(isRight)
    }

    @Test
    func `only changes after a position and up to another are read`() async throws {
        let lake = try ChangeLake()
        let changes = (0..<400).map { TestChange(UInt64(10 + $0 / 7), Int64($0 % 7)) }
        let files = [
            try await lake.write(Array(changes[..<150])), try await lake.write(Array(changes[150..<154]), part: 2),
            try await lake.write(Array(changes[154...]), part: 3),
        ]
        for (first, last) in [(0, 0), (0, 399), (1, 149), (149, 150), (150, 153), (77, 78), (200, 390), (398, 399)] {
            let (read, _) = try await lake.read(
                files,
                after: changes[first].position,
                through: changes[last].position
            )
            #expect(read == Array(changes[(first + 1)..<(last + 1)]))
        }
        let transaction = ChangePosition(lsn: LSN(rawValue: changes[77].lsn))
        let (read, _) = try await lake.read(files, after: transaction, through: ChangePosition(lsn: LSN(rawValue: 40)))
        #expect(read == changes.filter { $0.lsn > changes[77].lsn && $0.lsn <= 40 })
    }

    @Test(arguments: ["1:1:", "400:500:411,470,471", "440:900:440,441,442,530", "450:451:450", "990:999:"])
    func `changes of transactions that a snapshot does not see are passed over`(text: String) async throws {
        let snapshot = try #require(TransactionSnapshot(text))
        let lake = try ChangeLake()
        let changes = (0..<600).map { TestChange(UInt64(400 + $0 / 5), Int64($0 % 5), note: "note \($0)") }
        try await lake.write(Array(changes[..<200]))
        try await lake.write(Array(changes[150..<420]), part: 2)
        try await lake.write(Array(changes[420...]), part: 3)
        let seen = changes.filter { snapshot.isVisible(xid: UInt32($0.lsn)) }
        for byteCount in [1, 2_000, 1 << 30] {
            let (read, _) = try await lake.read(
                try await lake.files(),
                maximumByteCount: byteCount,
                seenBy: snapshot
            )
            #expect(read == seen)
        }
    }

    @Test(arguments: 0..<UInt64(40))
    func `files that overlap are merged, and a change in several of them comes once`(seed: UInt64) async throws {
        var numbers = SplitMix(seed: seed)
        let lake = try ChangeLake()
        var lsn: UInt64 = 10
        var changes: [TestChange] = []
        while changes.count < 500 {
            lsn += UInt64.random(in: 1...5, using: &numbers)
            let count = Int64.random(in: 1...40, using: &numbers)
            changes += (1...count).map { TestChange(lsn, $0, note: "\(lsn)/\($0)") }
        }
        // Every change goes to one file at least, and runs of them to others.
        var parts = Array(repeating: Set<Int>(), count: 6)
        for start in stride(from: 0, to: changes.count, by: 25) {
            for index in start..<min(start + 25, changes.count) { parts[(start / 25 + start / 200) % 3].insert(index) }
            let copy = Int.random(in: 0..<12, using: &numbers)
            guard copy < parts.count else { continue }
            let from = Int.random(in: 0..<changes.count, using: &numbers)
            parts[copy].formUnion(from..<min(changes.count, from + Int.random(in: 1...120, using: &numbers)))
        }
        var files: [ChangeFile] = []
        for (part, indexes) in parts.enumerated() where !indexes.isEmpty {
            files.append(
                try await lake.write(
                    indexes.sorted().map { changes[$0] },
                    part: part + 1,
                    rowGroupRowCount: Int.random(in: 1...200, using: &numbers)
                )
            )
        }
        let start = Int.random(in: 0..<changes.count, using: &numbers)
        let end = Int.random(in: start..<changes.count, using: &numbers)
        for byteCount in [1, 5_000, 1 << 30] {
            let (read, _) = try await lake.read(
                files.shuffled(using: &numbers),
                after: changes[start].position,
                through: changes[end].position,
                maximumByteCount: byteCount
            )
            #expect(read == Array(changes[(start + 1)..<(end + 1)]))
        }
    }

    @Test
    func `files of a table that was altered within a transaction are told apart`() async throws {
        let lake = try ChangeLake()
        let wider = ChangeLake.columns + [Field(name: "extra", type: .list(.leaf(.int32, nil)))]
        let files = [
            try await lake.write([TestChange(10, 1), TestChange(20, 1), TestChange(20, 2)]),
            try await lake.write([TestChange(20, 3), TestChange(20, 4)], part: 1, columns: wider),
            try await lake.write([TestChange(20, 5)], part: 2),
        ]
        let (read, batches) = try await lake.read(files)
        #expect(read.map(\.sequence) == [1, 1, 2, 3, 4, 5])
        let keys = batches.map(\.file)
        #expect(keys.indices.filter { $0 == 0 || keys[$0] != keys[$0 - 1] }.map { keys[$0] } == files.map(\.name.key))
    }

    @Test
    func `a large file is read in portions that stay small`() async throws {
        let lake = try ChangeLake()
        let text = String(repeating: "x", count: 4_000)
        let short = (0..<3_000).map { TestChange(UInt64(10 + $0), 1) }
        let long = (3_000..<9_000).map { TestChange(UInt64(10 + $0), 1, note: text) }
        let file = try await lake.write(short + long, rowGroupRowCount: 1 << 20)
        let (read, batches) = try await lake.read([file])
        #expect(read.count == 9_000 && read.map(\.lsn) == (0..<9_000).map { UInt64(10 + $0) })
        #expect(batches.allSatisfy { $0.byteCount < 40 << 20 }, "a row more than those before")
        #expect(batches.dropFirst(3).allSatisfy { $0.byteCount < 10 << 20 })
    }

    @Test
    func `files are opened when their turn comes`() async throws {
        let lake = try ChangeLake()
        var files: [ChangeFile] = []
        for lsn in stride(from: UInt64(10), to: 100, by: 10) {
            files.append(try await lake.write([TestChange(lsn, 1)]))
        }
        let all = files.map { TestChange($0.name.first.rawValue, 1) }
        let merged = try await lake.write(all, part: 2)
        let reading = files + [merged]
        let store = lake.store
        try await store.delete(files[5].name.key)
        let lsns = try await onOwnThread("test") {
            let end = ChangePosition(lsn: LSN(rawValue: .max))
            let source = ChangeSource(files: reading, in: store, after: .start, through: end)
            var lsns: [UInt64] = []
            do {
                while try source.next(maximumByteCount: 1) != nil { lsns.append(source.position.lsn.rawValue) }
            } catch {
                return lsns
            }
            return []
        }
        #expect(lsns == [10, 20, 30, 40, 50])
    }

    @Test
    func `a file that is gone meanwhile is worth another look`() async throws {
        let lake = try ChangeLake()
        let files = [try await lake.write([TestChange(10, 1)]), try await lake.write([TestChange(20, 1)])]
        try await lake.store.delete(files[1].name.key)
        let error = await #expect(throws: ReplicationError.self) { try await lake.read(files) }
        #expect(error?.isTransient == true)
        try await lake.write([TestChange(20, 1), TestChange(20, 2)])
        let replaced = await #expect(throws: ReplicationError.self) { try await lake.read(files) }
        #expect(replaced?.isTransient == true)
    }

    @Test
    func `a file without a column that changes have is refused by its name`() async throws {
        for name in ["_op", "_lsn", "_seq", "_xid", "_committed_at", "_unchanged", "_old_key", "_rescued"] {
            let lake = try ChangeLake()
            let file = try await lake.write([TestChange(10, 1)])
            let bytes = try ChangeLake.file([TestChange(10, 1)], leavingOut: [name])
            try await lake.store.put(file.name.key, .bytes(bytes))
            let changed = ChangeFile(name: file.name, object: try #require(try await lake.store.head(file.name.key)))
            let error = await #expect(throws: ReplicationError.self) { try await lake.read([changed]) }
            #expect(error?.description.contains("\(file.name.key): it has no column \(name) ") == true)
            #expect(error?.isTransient == false)
        }
    }

    @Test
    func `a file that is damaged or holds what its name does not say is refused`() async throws {
        let name = ChangeFileName(
            table: "t",
            day: ChangeLake.day,
            first: LSN(rawValue: 10),
            last: LSN(rawValue: 20),
            generation: 1
        )
        let wrong: [[TestChange]] = [
            [TestChange(11, 1), TestChange(11, 1)], [TestChange(11, 2), TestChange(11, 1)],
            [TestChange(12, 1), TestChange(11, 1)], [TestChange(9, 1)], [TestChange(15, 1), TestChange(21, 1)],
            [TestChange(11, 1, "X")], [TestChange(11, 1, unchanged: ["nobody"])],
        ]
        for changes in wrong {
            let lake = try ChangeLake()
            let file = try await lake.write(changes, as: name)
            let error = await #expect(throws: ReplicationError.self) { try await lake.read([file]) }
            #expect(error?.description.contains(name.key) == true && error?.isTransient == false)
        }
        let lake = try ChangeLake()
        try await lake.store.put(name.key, .bytes(Array("PAR1 no file PAR1".utf8)))
        let file = ChangeFile(name: name, object: try #require(try await lake.store.head(name.key)))
        await #expect(throws: ReplicationError.self) { try await lake.read([file]) }
    }

    @Test
    func `without files, or without changes in them, there is nothing`() async throws {
        let lake = try ChangeLake()
        #expect(try await lake.read([]).changes.isEmpty)
        let file = try await lake.write([TestChange(10, 1)])
        let (read, _) = try await lake.read([file], after: ChangePosition(lsn: LSN(rawValue: 10)))
        #expect(read.isEmpty)
    }
}

/// Numbers that depend on the seed alone.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

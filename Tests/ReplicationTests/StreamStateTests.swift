import Ingest
import Lake
import PostgresWire
import Testing

@testable import Replication

private func lsn(_ position: UInt64) -> LSN { LSN(rawValue: position) }

@Suite
struct ReplicationProgressTests {
    @Test
    func `at the beginning everything up to the checkpoint is received and durable`() {
        #expect(ReplicationProgress(checkpoint: lsn(7)).status == StandbyStatus(written: lsn(7), flushed: lsn(7)))
    }

    @Test
    func `what was received is confirmed only once it is durable`() {
        var progress = ReplicationProgress(checkpoint: lsn(10))
        progress.receive(lsn(30))
        #expect(progress.status == StandbyStatus(written: lsn(30), flushed: lsn(10)))
        progress.markDurable(lsn(20))
        #expect(progress.status == StandbyStatus(written: lsn(30), flushed: lsn(20)))
        progress.markDurable(lsn(30))
        #expect(progress.status == StandbyStatus(written: lsn(30), flushed: lsn(30)))
    }

    @Test
    func `no position ever goes back`() {
        var progress = ReplicationProgress(checkpoint: lsn(10))
        progress.receive(lsn(30))
        progress.markDurable(lsn(30))
        progress.receive(lsn(5))
        progress.markDurable(lsn(20))
        #expect(progress.received == lsn(30) && progress.durable == lsn(30))
    }
}

@Suite
struct TransactionTrackerTests {
    private var tracker = TransactionTracker(after: lsn(100))

    @Test
    mutating func `changes are numbered from 1 in each transaction and bear its stamp`() throws {
        try tracker.begin(commitLSN: lsn(200), committedAt: 5, xid: 9)
        let stamps = try [ChangeStamp.Operation.insert, .truncate, .update].compactMap { try tracker.change($0) }
        #expect(stamps.map(\.sequence) == [1, 2, 3])
        #expect(stamps.map(\.operation) == [.insert, .truncate, .update])
        #expect(stamps.allSatisfy { $0.lsn == 200 && $0.xid == 9 && $0.committedAt == 946_684_800_000_005 })
        let ended = try tracker.commit(commitLSN: lsn(200), endLSN: lsn(210))
        #expect(ended.stamp == stamps[2] && !ended.isKnown && tracker.transaction == nil)
        try tracker.begin(commitLSN: lsn(220), committedAt: 5, xid: 10)
        #expect(try tracker.change(.delete)?.sequence == 1)
    }

    @Test(
        arguments: [
            (Int64(0), 10_957), (-1, 10_956), (86_399_999_999, 10_957), (86_400_000_000, 10_958),
            (-946_684_800_000_001, -1),
            (Int64.max - 946_684_800_000_000, 106_751_991), (.min, -106_741_035),
        ] as [(Int64, Int32)]
    )
    mutating func `a transaction belongs to the UTC day of its commit`(committedAt: Int64, day: Int32) throws {
        try tracker.begin(commitLSN: lsn(200), committedAt: committedAt, xid: 1)
        #expect(tracker.transaction?.commitDay == day)
    }

    @Test
    mutating func `a transaction that the lake has is passed over, one that begins at the position is not`() throws {
        try tracker.begin(commitLSN: lsn(90), committedAt: 0, xid: 1)
        #expect(try tracker.change(.insert) == nil)
        #expect(try tracker.commit(commitLSN: lsn(90), endLSN: lsn(100)).isKnown)
        try tracker.begin(commitLSN: lsn(100), committedAt: 0, xid: 2)
        #expect(try tracker.change(.insert)?.sequence == 1)
        #expect(try !tracker.commit(commitLSN: lsn(100), endLSN: lsn(110)).isKnown)
    }

    @Test
    mutating func `what stands where it cannot is a violation and changes nothing`() throws {
        #expect(throws: TransactionTracker.Violation.self) { try tracker.change(.insert) }
        #expect(throws: TransactionTracker.Violation.self) { try tracker.commit(commitLSN: lsn(1), endLSN: lsn(2)) }
        try tracker.begin(commitLSN: lsn(200), committedAt: 0, xid: 1)
        #expect(throws: TransactionTracker.Violation.self) {
            try tracker.begin(commitLSN: lsn(300), committedAt: 0, xid: 2)
        }
        for (commit, end) in [(201, 300), (200, 200), (200, 199), (UInt64.max, UInt64.max)] {
            #expect(throws: TransactionTracker.Violation.self) {
                try tracker.commit(commitLSN: lsn(commit), endLSN: lsn(end))
            }
        }
        #expect(try tracker.commit(commitLSN: lsn(200), endLSN: lsn(201)).stamp.xid == 1)
    }

    @Test
    mutating func `an impossible position or time is a violation`() {
        #expect(throws: TransactionTracker.Violation.self) {
            try tracker.begin(commitLSN: lsn(1 << 63), committedAt: 0, xid: 1)
        }
        #expect(throws: TransactionTracker.Violation.self) {
            try tracker.begin(commitLSN: lsn(200), committedAt: .max, xid: 1)
        }
        #expect(tracker.transaction == nil)
    }
}

@Suite
struct FlushPolicyTests {
    private let policy = FlushPolicy(
        options: FlushOptions(maximumInterval: .seconds(10), maximumSize: 1_000, maximumRows: 50)
    )

    @Test(
        arguments: [
            (49, 999, Duration.milliseconds(9_999), nil), (50, 1, .zero, .rows), (1, 1_000, .zero, .size),
            (1, 1, .seconds(10), .interval), (1, 1, .zero, nil),
            // Nothing to write, whatever memory and time say.
            (0, 5_000, .seconds(99), nil),
            // Of several reasons one is given.
            (50, 1_000, .seconds(10), .rows), (1, 1_000, .seconds(10), .size),
        ] as [(Int, Int, Duration, FlushReason?)]
    )
    func `whichever limit is reached first makes files`(
        rows: Int,
        bytes: Int,
        age: Duration,
        reason: FlushReason?
    ) {
        #expect(policy.reason(rowCount: rows, byteCount: bytes, age: age) == reason)
    }

    @Test
    func `defaults are a minute, 64 MiB and a million rows`() {
        let options = FlushOptions()
        #expect(options.maximumInterval == .seconds(60))
        #expect(options.maximumSize == 67_108_864 && options.maximumRows == 1_000_000)
    }
}

@Suite
struct TableRegistryTests {
    private var registry = TableRegistry([])

    private static func table(_ oid: UInt32, _ name: String, schema: String = "public") -> PublishedTable {
        PublishedTable(oid: oid, schema: schema, name: name)
    }

    @Test
    mutating func `a table keeps its name in the lake when it is renamed`() {
        #expect(registry.register(Self.table(1, "a"), as: "a", isAlive: { _ in true }).name == "a")
        let renamed = registry.register(Self.table(1, "b", schema: "s"), as: "s_b", isAlive: { _ in true })
        var wanted = Checkpoint.Table(name: "a", oid: 1, schema: "s", table: "b")
        wanted.first = ["public", "a"]
        #expect(renamed == wanted)
        #expect(registry.tables == [renamed] && registry.entry(oid: 1) == renamed && registry.entry(oid: 2) == nil)
        // Its old name in the database is free, that in the lake is not.
        #expect(registry.register(Self.table(2, "a"), as: "a", isAlive: { _ in true }).name == "a__2")
    }

    @Test
    mutating func `a table that was made again takes its predecessor's place and is loaded anew`() {
        var registry = TableRegistry([
            .init(name: "a", oid: 1, schema: "public", table: "a", loaded: "1:1:"),
            .init(name: "b", oid: 2, schema: "public", table: "b", loaded: "1:1:"),
        ])
        let entry = registry.register(Self.table(3, "a"), as: "a", isAlive: { $0 != 1 })
        #expect(entry.name == "a" && entry.oid == 3 && entry.loaded == nil && entry.former == [1])
        #expect(registry.tables.map(\.oid) == [3, 2] && registry.tables[1].loaded == "1:1:")
        #expect(registry.register(Self.table(3, "a"), as: "a", isAlive: { _ in true }) == entry)
    }

    @Test(arguments: [("a", "a"), ("a", "a_changes"), ("a_changes", "a")])
    mutating func `tables that would share a folder get names of their own`(first: String, second: String) {
        _ = registry.register(Self.table(1, first), as: first, isAlive: { _ in true })
        #expect(registry.register(Self.table(2, second), as: second, isAlive: { _ in true }).name == second + "__2")
        #expect(registry.register(Self.table(2, second), as: second, isAlive: { _ in true }).name == second + "__2")
        #expect(registry.register(Self.table(3, "x"), as: "x", isAlive: { _ in true }).name == "x")
    }

    @Test
    mutating func `the files of a table that is gone are not taken over under another name`() {
        _ = registry.register(Self.table(1, "a"), as: "a", isAlive: { _ in true })
        #expect(
            registry.register(Self.table(2, "a_changes"), as: "a_changes", isAlive: { _ in false }).name
                == "a_changes__2"
        )
        #expect(registry.tables.map(\.name) == ["a", "a_changes__2"])
    }

    @Test
    func `loads that others have noted are kept, unless they are of another table`() {
        let registry = TableRegistry([
            .init(name: "a", oid: 1, schema: "public", table: "renamed"),
            .init(name: "b", oid: 5, schema: "public", table: "b"),
            .init(name: "c", oid: 3, schema: "public", table: "c", loaded: "3:3:"),
            .init(name: "d", oid: 4, schema: "public", table: "d"),
        ])
        let known: [Checkpoint.Table] = [
            .init(name: "a", oid: 1, schema: "public", table: "a", loaded: "1:1:"),
            .init(name: "b", oid: 2, schema: "public", table: "b", loaded: "2:2:"),
            .init(name: "c", oid: 3, schema: "public", table: "c"),
        ]
        let merged = registry.merged(into: known)
        #expect(merged.map(\.name) == ["a", "b", "c", "d"])
        #expect(merged.map(\.loaded) == ["1:1:", nil, "3:3:", nil])
        #expect(merged[0].table == "renamed")
    }

    @Test
    func `tables that others have noted are kept, unless their place is taken`() {
        var registry = TableRegistry([.init(name: "a", oid: 1, schema: "public", table: "a")])
        _ = registry.register(PublishedTable(oid: 2, schema: "public", name: "a"), as: "a") { _ in false }
        let known: [Checkpoint.Table] = [
            .init(name: "a", oid: 1, schema: "public", table: "a", loaded: "1:1:"),
            .init(name: "b", oid: 3, schema: "public", table: "b", loaded: "3:3:"),
        ]
        let merged = registry.merged(into: known)
        #expect(merged.map(\.oid) == [2, 3])
        #expect(merged.map(\.loaded) == [nil, "3:3:"])
    }
}

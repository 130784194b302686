import Lake
import ObjectStorage
import Parquet
import TestSupport
import Testing

@testable import Replication

@Suite
struct RewriteCostTests {
    /// A note that does not become small.
    private static func note(_ id: Int, _ byteCount: Int) -> String {
        var random = SeededGenerator(seed: UInt64(id))
        return String((0..<byteCount / 16).flatMap { _ in String(random.next(), radix: 16) })
    }

    /// The requests of a run over a row in each of some days.
    private static func requestCount(days: Int) async throws -> Int {
        let lake = try DayLake()
        let rows = (0..<days * 20).map { id in
            DayLake.Change(operation: "I", id: Int64(id), day: DayLake.firstDay + Int32(id / 20), note: "")
        }
        try await lake.write(rows, lsn: 10)
        _ = try await lake.rewrite(through: 10)
        try await lake.write(
            (0..<days).map { day in
                DayLake.Change(operation: "U", id: Int64(day * 20), day: DayLake.firstDay + Int32(day), note: "changed")
            },
            lsn: 20
        )
        let run = try await lake.rewrite(through: 20)
        #expect(run.summary.updatedRows == days)
        #expect(run.summary.writtenDays == days)
        return run.usage.requestCount
    }

    @Test
    func `a day more costs no more than a look at it and a write`() async throws {
        let (few, many) = (try await Self.requestCount(days: 10), try await Self.requestCount(days: 50))
        // Its footer with everything behind it, which of a small day is all, and the new object.
        #expect(many - few <= 40 * 3, "\(few) requests for 10 days, \(many) for 50")
    }

    /// What a changed row costs in a day of some row groups.
    private static func cost(
        rowGroups: Int,
        _ operation: Character
    ) async throws -> (usage: ObjectStoreUsage, largest: Int, outside: Int) {
        let lake = try DayLake(rowGroupSize: 64 << 10)
        let rows = (0..<rowGroups * 4_096).map { id in
            DayLake.Change(operation: "I", id: Int64(id), day: DayLake.firstDay, note: note(id, 32))
        }
        try await lake.write(rows, lsn: 10)
        _ = try await lake.rewrite(through: 10)
        let reader = try await lake.reader(day: DayLake.firstDay)
        #expect(reader.rowGroupCount >= rowGroups)
        let sizes = reader.metadata.rowGroups.map { group in group.columns.reduce(0) { $0 + $1.compressedByteCount } }
        let key = LakeLayout.key(table: "t", day: CalendarDate(daysSinceEpoch: DayLake.firstDay))
        let total = try #require(try await lake.store.head(key)).byteCount
        let id = Int64(rowGroups * 2_000)
        try await lake.write(
            [DayLake.Change(operation: operation, id: id, day: DayLake.firstDay, note: note(1, 32))],
            lsn: 20
        )
        let run = try await lake.rewrite(through: 20)
        #expect(run.summary.encodedGroups == 1)
        return (run.usage, sizes.max() ?? 0, total - sizes.reduce(0, +))
    }

    @Test(arguments: ["U", "D"] as [Character])
    func `a row costs two row groups at most, however many its day has`(operation: Character) async throws {
        let (few, many) = (
            try await Self.cost(rowGroups: 8, operation), try await Self.cost(rowGroups: 24, operation)
        )
        for (usage, largest, outside) in [few, many] {
            // Beside row groups there are the footer, which is read and written with the indexes before it, and the
            // file of changes and the state.
            let beside = 2 * (outside + 64 << 10)
            #expect(usage.readByteCount <= 2 * largest + beside)
            #expect(usage.writtenByteCount <= 2 * largest + beside)
        }
        #expect(many.usage.requestCount == few.usage.requestCount)
        #expect(many.usage.copiedByteCount > few.usage.copiedByteCount * 2)
    }

    @Test(arguments: [5, 90, 130])
    func `a run that is told to end reads no more than it has begun to`(read: Int) async throws {
        let lake = try DayLake()
        let days = 60
        // More than is fetched with the footer, so that keys and rows are read for themselves.
        let rows = (0..<days * 12).map { id in
            DayLake.Change(
                operation: "I",
                id: Int64(id % days * 1_000 + id),
                day: DayLake.firstDay + Int32(id / 12),
                note: Self.note(id, 8_000)
            )
        }
        try await lake.write(rows, lsn: 10)
        _ = try await lake.rewrite(through: 10)
        try await lake.write(
            rows.filter { $0.id % 5 == 0 }.map { row in
                DayLake.Change(operation: "D", id: row.id, day: 0, note: "")
            },
            lsn: 20
        )
        let control = RunControl()
        let store = CancellingStore(lake.store, control, atRead: read)
        let failure = await #expect(throws: ReplicationError.self) {
            try await lake.rewrite(through: 20, control: control, store: store)
        }
        #expect(failure?.code == .cancelled)
        // As many as read at the same time may have asked already.
        #expect(store.readCount <= read + 8)
        #expect(try await lake.rewrite(through: 20).summary.deletedRows > 0)
    }
}

import Lake
import ObjectStorage
import PostgresWire
import Testing

@testable import Replication

@Suite
struct ChangeFilesTests {
    private static func name(
        _ first: UInt64,
        _ last: UInt64,
        _ generation: Int,
        part: Int = 1,
        day: Int32 = 20_779
    ) -> ChangeFileName {
        ChangeFileName(
            table: "t",
            day: CalendarDate(daysSinceEpoch: day),
            first: LSN(rawValue: first),
            last: LSN(rawValue: last),
            generation: generation,
            part: part
        )
    }

    private static func list(
        _ names: [ChangeFileName],
        _ checkpoint: Checkpoint,
        after: ChangePosition = .start,
        since day: CalendarDate? = nil,
        others: [String] = []
    ) async throws -> [ChangeFileName] {
        let lake = try ChangeLake()
        for key in names.map(\.key) + others { try await lake.store.put(key, .bytes([])) }
        let files = ChangeFiles(store: lake.store, checkpoint: checkpoint)
        return try await files.list(of: "t", after: after, since: day).map(\.name)
    }

    @Test
    func `files are found in the order of their changes`() async throws {
        let names = [
            Self.name(10, 20, 1), Self.name(10, 20, 1, part: 2), Self.name(15, 16, 1, day: 20_780),
            Self.name(21, 30, 1), Self.name(300, 400, 1, day: 20_778),
        ]
        let found = try await Self.list(names.shuffled(), ChangeLake.checkpoint(position: 401))
        #expect(found == names)
    }

    @Test
    func `what is not durable, not ours or no file of changes is left out`() async throws {
        var checkpoint = ChangeLake.checkpoint(position: 100, former: 3)
        checkpoint.begin(owner: "b", started: "")
        checkpoint.position = LSN(rawValue: 200)
        // Generation 5 has begun at 100.
        let kept = [Self.name(10, 99, 4), Self.name(110, 199, 5)]
        let left = [
            Self.name(10, 99, 3), Self.name(50, 100, 4), Self.name(90, 120, 4), Self.name(150, 200, 5),
            Self.name(201, 220, 5),
        ]
        let others = [
            "t_changes/x.parquet", "t_changes_2/a.parquet", "t/year=2026/month=11/day=22/t_20261122.parquet",
            ChangeFileName(
                table: "t_changes",
                day: ChangeLake.day,
                first: LSN(rawValue: 1),
                last: LSN(rawValue: 2),
                generation: 4
            ).key,
        ]
        #expect(try await Self.list(left + kept, checkpoint, others: others) == kept)
    }

    @Test
    func `files whose changes are applied, and days that are not asked for, are passed over`() async throws {
        let names = [Self.name(10, 20, 1), Self.name(10, 30, 1, day: 20_780), Self.name(31, 40, 1, day: 20_781)]
        let checkpoint = ChangeLake.checkpoint(position: 100)
        let whole = ChangePosition(lsn: LSN(rawValue: 30))
        #expect(try await Self.list(names, checkpoint, after: whole) == [names[2]])
        let within = ChangePosition(lsn: LSN(rawValue: 30), sequence: 9)
        #expect(try await Self.list(names, checkpoint, after: within) == Array(names[1...]))
        #expect(try await Self.list(names, checkpoint, since: CalendarDate(daysSinceEpoch: 20_781)) == [names[2]])
    }
}

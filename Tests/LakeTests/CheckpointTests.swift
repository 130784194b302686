import Foundation
import Lake
import PostgresWire
import Testing

@Suite
struct CheckpointTests {
    static let source = Checkpoint.Source(
        system: "7300000000000000001",
        timeline: 2,
        database: "billing",
        slot: "sluice",
        slotCreated: LSN(rawValue: 0x16_b374_d848)
    )

    private func file(_ generation: Int, _ first: UInt64, _ last: UInt64) -> ChangeFileName {
        ChangeFileName(
            table: "t",
            day: CalendarDate(daysSinceEpoch: 0),
            first: LSN(rawValue: first),
            last: LSN(rawValue: last),
            generation: generation
        )
    }

    /// A checkpoint whose generations began at the positions.
    private func checkpoint(begunAt positions: [UInt64]) -> Checkpoint {
        var checkpoint = Checkpoint(source: Self.source, position: LSN(rawValue: 0), updated: "now")
        for position in positions {
            checkpoint.position = LSN(rawValue: position)
            checkpoint.begin(owner: "owner", started: "now")
        }
        return checkpoint
    }

    @Test
    func `generations count from 1 and begin where the position is`() {
        #expect(checkpoint(begunAt: []).generation == 0)
        let twice = checkpoint(begunAt: [100, 200])
        #expect(twice.generations.map(\.number) == [1, 2])
        #expect(twice.generations.map(\.position.rawValue) == [100, 200])
        #expect(twice.generation == 2)
    }

    @Test
    func `files of the running generation are no orphans, wherever they lie`() {
        let checkpoint = checkpoint(begunAt: [100, 200])
        #expect(!checkpoint.isOrphan(file(2, 200, 210)))
        #expect(!checkpoint.isOrphan(file(2, 1, 2)))
        #expect(!checkpoint.isOrphan(file(3, 300, 310)))
    }

    @Test
    func `a file is an orphan if the start after its writer's received its transactions again`() {
        let checkpoint = checkpoint(begunAt: [100, 200, 300])
        #expect(!checkpoint.isOrphan(file(1, 100, 199)))
        #expect(checkpoint.isOrphan(file(1, 200, 210)))
        #expect(checkpoint.isOrphan(file(1, 150, 200)))
        // The third generation began later than the second: it does not make the first one's files durable.
        #expect(checkpoint.isOrphan(file(1, 250, 260)))
        #expect(!checkpoint.isOrphan(file(2, 250, 260)))
        #expect(checkpoint.isOrphan(file(2, 300, 310)))
    }

    @Test
    func `starts that made nothing durable void all that earlier ones left beyond the position`() {
        let checkpoint = checkpoint(begunAt: [100, 100, 100])
        #expect(checkpoint.isOrphan(file(1, 100, 110)) && checkpoint.isOrphan(file(2, 100, 110)))
        #expect(!checkpoint.isOrphan(file(1, 80, 99)) && !checkpoint.isOrphan(file(3, 100, 110)))
    }

    @Test
    func `of a long history the last starts are kept, and the oldest of those decides for what is older`() {
        let checkpoint = checkpoint(begunAt: (1...100).map { $0 * 10 })
        #expect(checkpoint.generations.count == 64 && checkpoint.generation == 100)
        let oldest = checkpoint.generations[0]
        #expect(oldest.number == 37 && oldest.position.rawValue == 370)
        #expect(!checkpoint.isOrphan(file(1, 300, 369)))
        #expect(checkpoint.isOrphan(file(1, 370, 380)))
        #expect(checkpoint.isOrphan(file(99, 1_000, 1_001)) && !checkpoint.isOrphan(file(99, 990, 999)))
    }

    @Test
    func `the document is read back as it was written, positions as PostgreSQL prints them`() throws {
        var checkpoint = checkpoint(begunAt: [0x16_b374_d848])
        checkpoint.committedAt = "2026-11-22T10:00:00Z"
        checkpoint.files = ["a_changes/x.parquet"]
        checkpoint.tables = [
            .init(name: "a", oid: 4_000_000_000, schema: "public", table: "A", loaded: "10:20:15"),
            .init(name: "b", oid: 2, schema: "public", table: "b"),
        ]
        let json = try JSONEncoder().encode(checkpoint)
        #expect(try JSONDecoder().decode(Checkpoint.self, from: json) == checkpoint)
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.contains(#""position":"16\/B374D848""#) && text.contains(#""format":1"#))
    }

    @Test
    func `a document with a position in another form is refused`() throws {
        let json = try JSONEncoder().encode(checkpoint(begunAt: [1]))
        for wrong in ["0-1", "", "1", "100000000/0", "x/1"] {
            let text = String(decoding: json, as: UTF8.self)
                .replacing(#""position":"0\/1""#, with: #""position":"\#(wrong)""#)
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Checkpoint.self, from: Data(text.utf8)) }
        }
    }
}

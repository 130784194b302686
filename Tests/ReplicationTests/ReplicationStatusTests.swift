import Foundation
import Lake
import ObjectStorage
import PostgresWire
import Testing

@testable import Replication

@Suite
struct ReplicationStatusTests {
    private static let healthySlot = SlotReading(
        activePID: "42",
        confirmed: LSN(rawValue: 1_000),
        restart: LSN(rawValue: 500),
        walStatus: "reserved",
        safeByteCount: 4_000
    )

    private static var checkpoint: Checkpoint {
        let source = Checkpoint.Source(system: "7", timeline: 1, database: "d", slot: "s", slotCreated: nil)
        var checkpoint = Checkpoint(source: source, position: LSN(rawValue: 1_000), updated: "2026-11-22T10:00:00.000Z")
        checkpoint.committedAt = "2026-11-22T09:59:00.000Z"
        checkpoint.begin(owner: "me", started: "2026-11-22T09:00:00.000Z")
        return checkpoint
    }

    private func status(
        slot: SlotReading? = healthySlot,
        checkpoint: Checkpoint? = checkpoint,
        position: UInt64 = 3_048,
        isPublishing: Bool = true,
        rewriting: RewriteReading? = nil
    ) throws -> ReplicationStatus {
        var table = ReplicationStatus.Table(name: "t", source: "public.t", oid: 1, snapshot: nil, isPublished: true)
        table.rewriting = rewriting
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return ReplicationStatus(
            slotName: "s",
            publicationName: "p",
            lakeName: "lake",
            time: try style.parse("2026-11-22T10:01:00.000Z"),
            server: ServerReading(
                version: "15.1",
                isStandby: false,
                position: LSN(rawValue: position),
                keepLimit: 5_000,
                database: "d",
                system: "7"
            ),
            slot: slot,
            isPublishing: isPublishing,
            checkpoint: checkpoint,
            tables: [table]
        )
    }

    @Test
    func `what is well is shown without a problem`() throws {
        let status = try status()
        #expect(status.problems == [])
        #expect(status.lagByteCount == 2_048)
        #expect(status.lastCommitAge == .seconds(120))
        let text = "\(status)"
        #expect(text.contains("lag           2.0 KiB; the last commit in the lake was 2 min ago\n"))
        #expect(text.contains("retained WAL  2.5 KiB, reserved; 3.9 KiB left until the limit of 4.9 KiB\n"))
        #expect(text.contains("generation  1, owner me, started 1 h 1 min ago\n"))
        #expect(text.contains("t      public.t         no      yes\n"))
    }

    @Test
    func `what is missing or wrong is named with the remedy`() throws {
        func problem(_ status: ReplicationStatus) -> String { status.problems.first ?? "" }
        #expect(problem(try status(slot: nil, checkpoint: nil)).contains("does not exist yet; run sluice replicate"))
        #expect(problem(try status(slot: nil)).contains("is gone, but the lake has its changes up to 0/3E8"))
        #expect(
            problem(try status(checkpoint: nil)).contains("wait if that is a sluice replicate which has just begun")
        )
        #expect(try status(checkpoint: nil).checkpointFindings.map(\.status) == [.warn])
        #expect(problem(try status(isPublishing: false)).contains("publication p does not exist"))
        var slot = Self.healthySlot
        slot.activePID = nil
        #expect(problem(try status(slot: slot)).contains("nobody reads slot s"))
        let unknown = try status(slot: slot, checkpoint: nil)
        #expect(unknown.problems.contains { $0.contains("has no checkpoint of slot s; check lake.url") })
        #expect(unknown.checkpointFindings.map(\.status) == [.fail])
        #expect(
            try status(slot: slot, position: 999).problems.last?.contains("the lake is ahead of the server") == true
        )
        slot = Self.healthySlot
        slot.confirmed = LSN(rawValue: 1_001)
        #expect(problem(try status(slot: slot)).contains("slot s is ahead of the lake (0/3E9"))
        slot.walStatus = "lost"
        #expect(problem(try status(slot: slot)).contains("slot s is lost"))
        slot.foreignKind = "a physical slot"
        #expect(problem(try status(slot: slot)).contains("not usable (a physical slot)"))
        slot = Self.healthySlot
        slot.safeByteCount = 1_024
        #expect(problem(try status(slot: slot)).contains("after 1.0 KiB more of WAL"))
        var checkpoint = Self.checkpoint
        checkpoint.source.system = "8"
        #expect(problem(try status(checkpoint: checkpoint)).contains("filled from another database (d of cluster 8)"))
    }

    @Test
    func `what only a person can mend breaks the stream`() throws {
        #expect(try status().breaks == [])
        #expect(try status(slot: nil, checkpoint: nil).breaks == [])
        #expect(try status(checkpoint: nil).breaks == [])
        #expect(try status(slot: nil).breaks.count == 1)
        var slot = Self.healthySlot
        slot.activePID = nil
        #expect(try status(slot: slot).breaks == [])
        #expect(try status(slot: slot, position: 999).breaks.first?.contains("is ahead of the server") == true)
        slot.confirmed = LSN(rawValue: 1_001)
        #expect(try status(slot: slot).breaks.first?.contains("is ahead of the lake") == true)
        slot.walStatus = "lost"
        #expect(try status(slot: slot).breaks.first?.contains("slot s is lost") == true)
        var checkpoint = Self.checkpoint
        checkpoint.source.system = "8"
        #expect(try status(checkpoint: checkpoint).breaks.first?.contains("filled from another database") == true)
    }

    /// Changes that were written so many seconds before the status was read.
    private func pending(secondsAgo: Int64, on day: Int32 = 20_779, repairs: [String] = []) -> RewriteReading {
        let file = ChangeFile(
            name: ChangeFileName(
                table: "t",
                day: CalendarDate(daysSinceEpoch: day),
                first: LSN(rawValue: 200),
                last: LSN(rawValue: 300),
                generation: 1
            ),
            object: ObjectInfo(
                key: "k",
                byteCount: 1_536,
                version: ObjectVersion("1"),
                modified: 1_795_341_660 - secondsAgo
            )
        )
        return RewriteReading(position: ChangePosition(lsn: LSN(rawValue: 100)), pending: [file], repairs: repairs)
    }

    @Test
    func `how far the days are rewritten is shown for each table`() throws {
        let late = try status(rewriting: pending(secondsAgo: 180))
        #expect("\(late)".contains("yes        0/64          1.5 KiB in 1 file  3 min\n"))
        #expect(late.problems == [])
        let whole = try status(rewriting: RewriteReading(position: ChangePosition(lsn: LSN(rawValue: 100))))
        #expect("\(whole)".contains("0/64          none"))
        let fresh = try status(rewriting: RewriteReading(position: .start))
        #expect("\(fresh)".contains("nothing yet   none"))
        let object = try JSONSerialization.jsonObject(with: Data(try late.json(isPretty: false).utf8)) as? [String: Any]
        let table = try #require((object?["tables"] as? [[String: Any]])?.first?["rewriting"] as? [String: Any])
        #expect(table["position"] as? String == "0/64")
        #expect(table["pending_files"] as? Int == 1)
        #expect(table["pending_bytes"] as? Int == 1_536)
        #expect(table["seconds"] as? Double == 180)
        #expect(table["repairs"] as? [String] == [])
    }

    @Test
    func `changes that wait for long and days to be exported again are problems`() throws {
        #expect(try status(rewriting: pending(secondsAgo: 900)).problems == [])
        let late = try status(rewriting: pending(secondsAgo: 901)).problems
        #expect(late.count == 1)
        #expect(
            late.first?.contains(
                "rows of t are far behind: 1.5 KiB of changes wait to be taken up, the first for 15 min"
            ) == true
        )
        var seldom = try status(rewriting: pending(secondsAgo: 3_599))
        seldom.rewriteInterval = .seconds(1_200)
        #expect(seldom.problems == [])
        // Merging the files of a finished date does not make its changes new.
        let merged = try status(rewriting: pending(secondsAgo: 0, on: 20_778))
        #expect(merged.problems.first?.contains("the first for 10 h 1 min") == true)
        let broken = try status(rewriting: pending(secondsAgo: 0, repairs: ["2026-01-02", "2026-01-03"])).problems
        #expect(broken.first?.contains("(2026-01-02, 2026-01-03); run sluice rewrite") == true)
    }

    @Test
    func `JSON has every key whatever is missing`() throws {
        let full = try keys(of: try status())
        let empty = try keys(of: try status(slot: nil, checkpoint: nil))
        #expect(full == empty)
        #expect(
            full.isSuperset(of: ["lag.seconds", "slot.confirmed_flush_lsn", "slot.safe_wal_size", "lake.last_flush"])
        )
    }

    @Test
    func `lag in seconds is that of changes which are missing`() throws {
        func seconds(_ status: ReplicationStatus) throws -> Any? {
            let object = try JSONSerialization.jsonObject(with: Data(try status.json(isPretty: false).utf8))
            return ((object as? [String: Any])?["lag"] as? [String: Any])?["seconds"]
        }
        #expect(try seconds(try status()) as? Double == 120)
        #expect(try seconds(try status(position: 1_000)) is NSNull)
    }

    private func keys(of status: ReplicationStatus) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data(try status.json(isPretty: true).utf8))
        let sections = try #require(object as? [String: Any])
        return Set(
            sections.flatMap { name, value in
                (value as? [String: Any])?.keys.map { "\(name).\($0)" } ?? [name]
            }
        )
    }
}

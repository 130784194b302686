import Lake
import PostgresWire
import Testing

@testable import Replication

@Suite
struct DayProgressTests {
    private func stamp(_ lsn: UInt64, _ sequence: Int64 = 1, xid: UInt32 = 0) -> ChangeStampReference {
        ChangeStampReference(position: ChangePosition(lsn: LSN(rawValue: lsn), sequence: sequence), xid: xid)
    }

    private func progress(_ pairs: [(key: String, value: String)]) -> DayProgress? { DayProgress(pairs) }

    @Test
    func `an export lacks the transactions that its snapshot does not see`() throws {
        let export = try #require(progress([("sluice.lsn", "0/100"), ("sluice.snapshot", "10:14:11")]))
        #expect(!export.lacks(stamp(0x90, xid: 9)))
        #expect(export.lacks(stamp(0x90, xid: 11)))
        #expect(!export.lacks(stamp(0x90, xid: 12)))
        #expect(export.lacks(stamp(0x90, xid: 14)))
        // At the snapshot's position and after it nothing can be in it, whatever the numbers of transactions say since.
        #expect(export.lacks(stamp(0x100, xid: 9)))
    }

    @Test
    func `what was applied is not applied again, also of a transaction that was cut`() throws {
        let whole = try #require(progress([("sluice.lsn", "0/100")]))
        #expect(!whole.lacks(stamp(0x100, 7)))
        #expect(whole.lacks(stamp(0x101)))
        let cut = try #require(progress([("sluice.lsn", "0/100"), ("sluice.seq", "5")]))
        #expect(!cut.lacks(stamp(0x100, 5)))
        #expect(cut.lacks(stamp(0x100, 6)))
    }

    @Test
    func `a snapshot leaves the footer when changes beyond it have been applied`() throws {
        let export = try #require(progress([("sluice.lsn", "0/100"), ("sluice.snapshot", "10:14:11")]))
        let before = export.advanced(to: ChangePosition(lsn: LSN(rawValue: 0x80)))
        #expect(before.snapshot != nil)
        #expect(progress(before.keyValues) == before)
        #expect(!before.lacks(stamp(0x70, xid: 11)) && before.lacks(stamp(0x90, xid: 11)))
        let beyond = before.advanced(to: ChangePosition(lsn: LSN(rawValue: 0x100), sequence: 3))
        #expect(beyond.snapshot == nil)
        #expect(progress(beyond.keyValues) == beyond)
        // Never back.
        #expect(beyond.advanced(to: .start) == beyond)
    }

    @Test
    func `rows that are marked as deleted hold what the object before held, up to the snapshot`() throws {
        var export = try #require(progress([("sluice.lsn", "0/100"), ("sluice.snapshot", "10:14:11")]))
        #expect(export.kept == [DayProgress.Held(applied: .start, snapshot: export.snapshot)])
        export.generations = [DayProgress.Held(applied: ChangePosition(lsn: LSN(rawValue: 0x80)))]
        #expect(progress(export.keyValues) == export)
        #expect(!export.lacks(stamp(0x90, xid: 9)) && export.lacks(stamp(0x90, xid: 9), ofGeneration: 0))
        #expect(!export.lacks(stamp(0x80, xid: 9), ofGeneration: 0))
        #expect(export.lacks(stamp(0x70, xid: 11), ofGeneration: 0))
        let later = export.advanced(to: ChangePosition(lsn: LSN(rawValue: 0x95)))
        #expect(progress(later.keyValues) == later && !later.lacks(stamp(0x90, xid: 9), ofGeneration: 0))
        #expect(later.lacks(stamp(0x98, xid: 9), ofGeneration: 0))
        #expect(export.advanced(to: ChangePosition(lsn: LSN(rawValue: 0x100))).generations == [])
    }

    @Test
    func `what exports on end take over holds what each of them has seen`() throws {
        let first = try #require(progress([("sluice.lsn", "0/100"), ("sluice.snapshot", "10:14:11")]))
        var second = try #require(progress([("sluice.lsn", "0/200"), ("sluice.snapshot", "20:20:")]))
        second.generations = [DayProgress.Held(applied: ChangePosition(lsn: LSN(rawValue: 0x80)))] + first.kept
        #expect(progress(second.keyValues) == second)
        #expect(second.lacks(stamp(0x90, xid: 12), ofGeneration: 0))
        #expect(!second.lacks(stamp(0x90, xid: 12), ofGeneration: 1))
        #expect(second.lacks(stamp(0x100, xid: 12), ofGeneration: 1) && !second.lacks(stamp(0x100, xid: 12)))
        let later = second.advanced(to: ChangePosition(lsn: LSN(rawValue: 0x110)))
        #expect(progress(later.keyValues) == later && later.generations.count == 2)
        #expect(later.generations[1].snapshot == nil && later.generations[0] == later.generations[1])
        // What a damaged file names is in none.
        #expect(!later.lacks(stamp(0x120, xid: 12), ofGeneration: 7))
        #expect(KeptRows.lsn(ofGeneration: 0) == nil && KeptRows.lsn(ofGeneration: 2) == -2)
    }

    @Test
    func `a file that does not say what it holds has no progress`() {
        #expect(progress([]) == nil)
        #expect(progress([("sluice.lsn", "here")]) == nil)
        #expect(progress([("sluice.lsn", "0/100"), ("sluice.snapshot", "there")]) == nil)
    }
}

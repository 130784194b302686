import Lake
import PostgresWire
import Testing

@testable import Replication

@Suite
struct NetEffectTests {
    private func stamp(_ number: Int) -> ChangeStampReference {
        ChangeStampReference(
            position: ChangePosition(lsn: LSN(rawValue: UInt64(number)), sequence: 1),
            xid: UInt32(number)
        )
    }

    private func row(_ number: Int) -> RowReference { RowReference(source: 0, row: number) }

    private func entry(_ key: UInt8, of effect: NetEffect) throws -> NetEffect.Entry {
        effect.entries[try #require(effect.keys.find([key]))]
    }

    @Test
    func `the last change of a key wins`() throws {
        var effect = NetEffect(keepsDeleted: false)
        effect.insert([1], row(0), stamp(1))
        effect.update([1], oldKey: nil, row(1), unchanged: [], stamp(2))
        effect.delete([2], stamp(3))
        effect.insert([2], row(2), stamp(4))
        effect.delete([1], stamp(5))
        #expect(try !entry(1, of: effect).isThere)
        #expect(try entry(1, of: effect).beginsWithInsert)
        #expect(try entry(2, of: effect).row == row(2))
        #expect(try !entry(2, of: effect).beginsWithInsert)
        #expect(try entry(1, of: effect).last == stamp(5))
    }

    @Test
    func `values that updates leave alone come from the last change that set them, or from the row before the pass`()
        throws
    {
        var effect = NetEffect(keepsDeleted: false)
        effect.update([1], oldKey: nil, row(0), unchanged: [3], stamp(1))
        effect.update([1], oldKey: nil, row(1), unchanged: [3, 4], stamp(2))
        let kept = try entry(1, of: effect).kept
        guard case .base? = kept[3], case .change(row(0))? = kept[4] else {
            Issue.record("\(kept)")
            return
        }
    }

    @Test
    func `rows that exchange their keys take their values along`() throws {
        var effect = NetEffect(keepsDeleted: false)
        effect.update([9], oldKey: [1], row(0), unchanged: [3], stamp(1))
        effect.update([1], oldKey: [2], row(1), unchanged: [3], stamp(2))
        effect.update([2], oldKey: [9], row(2), unchanged: [3], stamp(3))
        let (first, second) = (try entry(1, of: effect), try entry(2, of: effect))
        #expect(try !entry(9, of: effect).isThere)
        #expect(first.origin == effect.keys.find([2]) && second.origin == effect.keys.find([1]))
        #expect(first.path.map(\.key) == [2, 9, 1].compactMap { $0 == 9 ? nil : effect.keys.find([$0]) })
        #expect(second.path.map(\.key) == [1, 9, 2].compactMap { effect.keys.find([$0]) })
        #expect(second.path.map(\.since) == [nil, stamp(1), stamp(3)])
    }

    @Test
    func `a TRUNCATE makes void what came before it`() throws {
        var effect = NetEffect(keepsDeleted: false)
        effect.insert([1], row(0), stamp(1))
        effect.truncate(stamp(2))
        effect.insert([2], row(1), stamp(3))
        #expect(effect.truncation == stamp(2))
        #expect(effect.entries.count == 1)
        #expect(effect.keys.find([1]) == nil)
    }

    @Test
    func `a row that is deleted softly stays as it is`() throws {
        var effect = NetEffect(keepsDeleted: true)
        effect.delete([1], stamp(1))
        #expect(try entry(1, of: effect).isThere && entry(1, of: effect).row == nil)
        #expect(try entry(1, of: effect).isDeleted && entry(1, of: effect).origin == 0)
        effect.insert([2], row(0), stamp(2))
        effect.delete([2], stamp(3))
        #expect(try entry(2, of: effect).row == row(0) && entry(2, of: effect).isDeleted)
        // Of a key that was free a row may be left.
        #expect(try !entry(2, of: effect).beginsWithInsert)
    }

    @Test
    func `a new row may have the key of one that was kept when deleted, although such are kept no longer`() throws {
        var effect = NetEffect(keepsDeleted: false, mayMeetDeleted: true)
        effect.insert([1], row(0), stamp(1))
        effect.delete([2], stamp(2))
        #expect(try !entry(1, of: effect).beginsWithInsert)
        #expect(try !entry(2, of: effect).isThere)
    }
}

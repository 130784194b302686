import Lake
import Testing

@Suite
struct TransactionSnapshotTests {
    @Test
    func `transactions that had ended are visible, running and later ones are not`() throws {
        let snapshot = try #require(TransactionSnapshot("10:20:10,14,15"))
        let visible = (0...25).filter { snapshot.isVisible(xid: UInt32($0)) }
        #expect(visible == Array(0...9) + [11, 12, 13, 16, 17, 18, 19])
        let quiet = try #require(TransactionSnapshot("20:20:"))
        #expect(quiet.isVisible(xid: 19) && !quiet.isVisible(xid: 20) && !quiet.isVisible(xid: 21))
    }

    @Test
    func `numbers that have wrapped around are those nearest to the snapshot`() throws {
        // Epoch 2 has just begun; one transaction of epoch 1 still runs.
        let early = try #require(TransactionSnapshot("8589934580:8589934600:8589934580,8589934592"))
        #expect(!early.isVisible(xid: 4_294_967_284), "runs")
        #expect(early.isVisible(xid: 4_294_967_285) && early.isVisible(xid: .max), "the end of epoch 1")
        #expect(!early.isVisible(xid: 0), "runs")
        #expect(early.isVisible(xid: 7) && !early.isVisible(xid: 8))
        #expect(!early.isVisible(xid: 2_147_483_647) && early.isVisible(xid: 2_147_483_656 + 1))

        // Epoch 1 is about to end: small numbers are of epoch 2.
        let late = try #require(TransactionSnapshot("8589934590:8589934590:"))
        #expect(late.isVisible(xid: 4_294_967_293) && !late.isVisible(xid: 4_294_967_294))
        #expect(!late.isVisible(xid: 3) && !late.isVisible(xid: 2_000_000_000))
        #expect(late.isVisible(xid: 3_000_000_000))
    }

    @Test
    func `a range of numbers is seen as a whole if all of them are before the first that ran`() throws {
        let snapshot = try #require(TransactionSnapshot("10:20:10,14,15"))
        #expect(snapshot.seesAll(from: 3, through: 9))
        #expect(!snapshot.seesAll(from: 3, through: 10) && !snapshot.seesAll(from: 11, through: 13))
        #expect(!snapshot.seesAll(from: 9, through: 3))
        let early = try #require(TransactionSnapshot("8589934592:8589934600:8589934592"))
        #expect(early.seesAll(from: 4_294_967_000, through: .max) && !early.seesAll(from: 0, through: 1))
        #expect(!early.seesAll(from: 0, through: .max), "one that has wrapped around may be among them")
    }

    @Test
    func `a number beyond a young cluster's is of no transaction that was before`() throws {
        let snapshot = try #require(TransactionSnapshot("700:700:"))
        #expect(snapshot.isVisible(xid: 699) && !snapshot.isVisible(xid: 700))
        #expect(!snapshot.isVisible(xid: 4_294_967_000))
    }

    @Test
    func `the last snapshot there can be is read`() throws {
        let snapshot = try #require(TransactionSnapshot("18446744073709551610:18446744073709551615:"))
        #expect(snapshot.isVisible(xid: .max - 1) && !snapshot.isVisible(xid: .max))
    }

    @Test(
        arguments: [
            "", "1", "1:2", "1:2:3:4", "2:1:", "1:5:5", "3:5:2", "1:5:2,", "1:5:,2", "a:2:", "1:+2:", "-1:2:", " 1:2:",
            "1:2: ", "1:18446744073709551616:", "١:2:",
        ]
    )
    func `another text is no snapshot`(text: String) {
        #expect(TransactionSnapshot(text) == nil)
    }
}

import Lake
import Testing

@testable import Replication

@Suite
struct ComparisonRoundsTests {
    private let first = CalendarDate("2026-01-01")
    private let second = CalendarDate("2026-01-02")
    private let equal = DayVerdict(.equal)
    private let differs = DayVerdict(
        .differs(ChecksumDifference(databaseRowCount: 2, lakeRowCount: 1, hasOtherKeys: true, columns: ["a"]))
    )
    private let replaced = DayVerdict(.uncompared("replaced"))

    @Test
    func `days that agree are settled at once`() {
        var rounds = ComparisonRounds()
        #expect(!rounds.isDone)
        rounds.take([first: equal, second: equal])
        #expect(rounds.isDone)
        #expect(rounds.verdicts == [first: equal, second: equal])
    }

    @Test
    func `a day is said to differ when it does so twice`() {
        var rounds = ComparisonRounds()
        rounds.take([first: differs, second: differs])
        #expect(rounds.wanted == [first, second])
        rounds.take([first: differs, second: equal])
        #expect(rounds.isDone)
        #expect(rounds.verdicts[first] == differs)
        #expect(rounds.verdicts[second] == equal)
    }

    @Test
    func `a day that could not be compared is tried again, and does not count as one that differs`() {
        var rounds = ComparisonRounds()
        rounds.take([first: replaced, second: equal])
        rounds.take([first: differs])
        #expect(rounds.wanted == [first])
        rounds.take([first: replaced])
        #expect(rounds.wanted == [first])
        rounds.take([first: equal])
        #expect(rounds.isDone)
        #expect(rounds.verdicts[first] == equal)
    }

    @Test
    func `rounds end, and what was not compared by then is said`() {
        var rounds = ComparisonRounds()
        for number in 0..<ComparisonRounds.maximumCount {
            #expect(!rounds.isDone, "round \(number)")
            rounds.take([first: replaced, second: equal])
        }
        #expect(rounds.isDone)
        #expect(rounds.verdicts[first] == replaced)
    }

    @Test
    func `a day that is gone on both sides has nothing that differs`() {
        var rounds = ComparisonRounds()
        rounds.take([first: differs])
        rounds.take([:])
        #expect(rounds.isDone)
        #expect(rounds.verdicts[first]?.isEqual == true)
    }

    @Test
    func `only days that are asked for are looked at`() {
        var rounds = ComparisonRounds(wanted: [first])
        rounds.take([first: equal, second: differs])
        #expect(rounds.isDone)
        #expect(rounds.verdicts == [first: equal])
    }

    @Test
    func `a table that cannot be read fails as a whole, for good if that does not pass`() {
        var rounds = ComparisonRounds()
        rounds.fail("down", mayPass: true)
        #expect(!rounds.isDone)
        #expect(rounds.failure == "down")
        rounds.take([first: equal])
        #expect(rounds.isDone)
        #expect(rounds.failure == nil)
        var others = ComparisonRounds()
        others.fail("refused", mayPass: false)
        #expect(others.isDone)
        #expect(others.failure == "refused")
    }

    @Test
    func `what was found once is not believed if it cannot be looked at again`() {
        var rounds = ComparisonRounds()
        rounds.take([first: differs, second: equal])
        rounds.fail("refused", mayPass: false)
        #expect(rounds.isDone)
        #expect(rounds.verdicts[first]?.outcome == .uncompared("refused"))
        #expect(rounds.verdicts[second] == equal)
    }
}

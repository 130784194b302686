import Lake
import Testing

@testable import Replication

@Suite
struct DayPresenceTests {
    private func day(_ number: Int) -> CalendarDate { CalendarDate(daysSinceEpoch: Int32(20_454 + number)) }

    private func found(
        _ database: ClosedRange<Int>,
        _ lake: [Int: Int?],
        _ pending: DayPresence.Pending,
        known: Set<Int> = [],
        wanted: ClosedRange<Int>? = nil
    ) -> [String] {
        let presence = DayPresence(
            database: Set(database.map(day)),
            lake: Dictionary(uniqueKeysWithValues: lake.map { (day($0), $1) }),
            known: Set(known.map(day)),
            wanted: wanted.map { day($0.lowerBound)...day($0.upperBound) },
            today: day(20),
            pending: pending
        )
        return presence.findings.map { finding in
            let days = finding.days.map { "\($0.daysSinceEpoch - 20_454)" }.joined(separator: ",")
            return "\(finding.severity) \(finding.kind) \(days)"
        }
    }

    private func objects(_ days: ClosedRange<Int>, without: Set<Int> = []) -> [Int: Int?] {
        Dictionary(uniqueKeysWithValues: days.filter { !without.contains($0) }.map { ($0, 5) })
    }

    @Test(arguments: [DayPresence.Pending.noStream, .nothing, .something])
    func `nothing is found where both have the same days`(pending: DayPresence.Pending) {
        #expect(found(1...9, objects(1...9), pending).isEmpty)
        let unread = objects(1...8).merging([9: Int?.none]) { $1 }
        #expect(found(1...9, unread, pending) == [])
    }

    @Test
    func `a day without object is missing once all changes are in the days`() {
        #expect(found(1...9, objects(1...9, without: [3, 9]), .nothing) == ["failure missing 3,9"])
    }

    @Test
    func `while changes are on their way only an object that was there is missing for certain`() {
        let found = found(1...9, objects(1...9, without: [3, 9]), .something, known: [3])
        #expect(found == ["failure missing 3", "warning missing 9"])
    }

    @Test
    func `of an export days are missing in between, and worth a word before and after`() {
        let found = found(1...20, objects(4...9, without: [6]), .noStream)
        #expect(
            found == ["failure missing 6", "warning missing 1,2,3", "warning missing 10,11,12,13,14,15,16,17,18,19"]
        )
    }

    @Test
    func `days that are asked for have to be there`() {
        #expect(found(1...20, objects(4...9), .noStream, wanted: 2...10) == ["failure missing 2,3,10"])
        #expect(found(1...9, [:], .noStream) == ["failure missing 1,2,3,4,5,6,7,8,9"])
    }

    @Test
    func `rows of a day that the database does not have are extra, unless their deletion may be on its way`() {
        let lake = objects(1...3).merging([4: 0, 5: Int?.none]) { $1 }
        #expect(found(1...2, lake, .nothing) == ["failure extra 3"])
        #expect(found(1...2, lake, .noStream) == ["failure extra 3"])
        #expect(found(1...2, lake, .something) == ["warning extra 3"])
    }
}

import Testing

@testable import Lake

@Suite
struct LocalDaysTests {
    @Test(arguments: ["UTC", "Europe/Berlin", "Asia/Tokyo", "Pacific/Kiritimati", "America/Los_Angeles"])
    func `every instant has a day, the first and the last as well`(zone: String) throws {
        let days = try #require(LocalDays(zoneName: zone))
        // 294247-01-10 04:00:54.775807 in UTC.
        let last = days.day(holding: .max)
        #expect((106_751_990...106_751_991).contains(last.day) && last.instants.upperBound == .max)
        #expect(days.day(holding: .max - 1).instants == last.instants)
        #expect(days.day(holding: last.instants.lowerBound - 1).day == last.day - 1)
        let first = days.day(holding: .min)
        #expect((-106_751_992 ... -106_751_991).contains(first.day) && first.instants.lowerBound == .min)
        #expect(days.day(holding: first.instants.upperBound).day == first.day + 1)
    }

    @Test
    func `a day is as long as its clock says`() throws {
        let days = try #require(LocalDays(zoneName: "Europe/Berlin"))
        // 2026-03-29 has 23 hours there, and begins at 23:00 UTC of the day before.
        let start: Int64 = 1_774_738_800_000_000
        let hours = { (count: Int64) in count * 3_600_000_000 }
        #expect(days.day(holding: start).instants == start..<start + hours(23))
        #expect(days.day(holding: start + hours(23)).day == days.day(holding: start).day + 1)
        #expect(days.day(holding: start - 1).day == days.day(holding: start).day - 1)
    }
}

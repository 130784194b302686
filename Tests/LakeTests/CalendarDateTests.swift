import Lake
import Testing

@Suite
struct CalendarDateTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2000-03-01", 11_017), ("2026-11-22", 20_779),
        ("0001-01-01", -719_162), ("9999-12-31", 2_932_896), ("10000-01-01", 2_932_897), ("20250-01-01", 6_676_633),
        ("5874897-12-31", 2_145_042_905),
    ])
    func `a date is its number of days and back`(text: String, days: Int32) throws {
        let date = try #require(CalendarDate(text))
        #expect(date.daysSinceEpoch == days)
        #expect(date.description == text)
    }

    @Test(arguments: [
        "2026-02-29", "1900-02-29", "2026-04-31", "2026-00-10", "2026-13-01", "2026-01-00", "2026-01-32", "0000-01-01",
        "2026-1-01", "2026-01-01 ", "20260101", "2026/01/01", "-026-01-01", "2026-01-+1", "２026-01-01", "",
        "02026-01-01", "5874898-01-01", "58748970-01-01", "10000-1-01", "10000-01-1", "100000101", "10000-01/01",
    ])
    func `what the calendar or the format lacks is no date`(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test
    func `every day of four centuries follows the one before`() throws {
        var expected = try #require(CalendarDate("1999-12-31"))
        var wrong: [CalendarDate] = []
        for year in 2000..<2400 {
            for month in 1...12 {
                for day in 1...31 {
                    guard let date = CalendarDate(year: year, month: month, day: day) else { continue }
                    expected = expected.advanced(by: 1)
                    if date != expected || date.parts != (year, month, day) { wrong.append(date) }
                }
            }
        }
        #expect(wrong == [])
        #expect(expected == CalendarDate("2399-12-31"))
    }

    @Test
    func `days before the common era have years of zero and below`() {
        #expect(CalendarDate(daysSinceEpoch: -719_163).parts == (0, 12, 31))
        #expect(CalendarDate(daysSinceEpoch: -719_163 - 366).parts == (-1, 12, 31))
    }

    @Test
    func `dates order by time`() throws {
        let first = try #require(CalendarDate("1969-12-31"))
        #expect(first < first.advanced(by: 1))
    }
}

import Lake
import Testing

@testable import Replication

@Suite
struct CatalogYearsTests {
    private func days(_ texts: [String]) -> [CalendarDate] { texts.compactMap { CalendarDate($0) } }

    @Test(arguments: [
        ([], nil), (["2026-01-01", "2027-12-31"], nil), (["2024-01-01"], nil), (["2023-12-31"], 2023...2027),
        (["2028-01-01"], 2024...2029), (["0001-01-01", "2040-01-01"], 1...2041), (["9999-12-31"], nil),
    ])
    func `years are asked for that neither the present days nor the present year lead to`(
        new: [String],
        wanted: ClosedRange<Int>?
    ) {
        let present = days(["2025-02-03", "2024-05-06"])
        #expect(CatalogYears.years(days(new), present, now: 2026) == wanted)
    }

    @Test
    func `without days the present year and the next are there`() {
        #expect(CatalogYears.years(days(["2026-05-06"]), [], now: 2026) == nil)
        #expect(CatalogYears.years(days(["2021-05-06"]), [], now: 2026) == 2021...2027)
    }
}

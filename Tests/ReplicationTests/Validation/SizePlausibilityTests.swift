import Lake
import Testing

@testable import Replication

@Suite
struct SizePlausibilityTests {
    private let first = CalendarDate(daysSinceEpoch: 20_454)

    private func odd(_ days: [(rows: Int, bytes: Int)], today: Int = 100) -> [Int: String] {
        let days = days.enumerated().map { index, day in
            let date = first.advanced(by: Int32(index))
            return SizePlausibility.Day(day: date, rowCount: day.rows, byteCount: day.bytes)
        }
        let oddities = SizePlausibility.oddities(of: days, today: first.advanced(by: Int32(today)))
        return Dictionary(
            uniqueKeysWithValues: oddities.map { (Int($0.day.daysSinceEpoch - first.daysSinceEpoch), $0.text) }
        )
    }

    @Test
    func `days that vary as days do are plausible`() {
        #expect(odd([(10_000, 900_000), (2_000, 260_000), (1_100, 90_000), (400, 40_000), (3, 2_000)]).isEmpty)
        #expect(odd([]).isEmpty)
    }

    @Test
    func `a sudden fall is told with both figures, but of no day that is not over`() {
        let days = [(10_000, 900_000), (900, 90_000), (10_000, 900_000), (100, 10_000)]
        #expect(odd(days, today: 3) == [1: "900 rows, after 10,000 the day before"])
        #expect(Set(odd(days).keys) == [1, 3])
    }

    @Test
    func `rows that take much less than usual are told with what is usual`() {
        let days = [(10_000, 900_000), (10_000, 1_000_000), (10_000, 80_000), (10_000, 900_000)]
        #expect(odd(days) == [2: "10,000 rows take 78.1 KiB, 8 bytes each, where 90 are usual in this table"])
    }
}

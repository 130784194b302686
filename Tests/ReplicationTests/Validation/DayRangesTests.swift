import Lake
import PostgresWire
import Testing

@testable import Replication

@Suite
struct DayRangesTests {
    private func ranges(_ days: [Int32], count: Int = 16) -> [String] {
        DayRanges.covering(days.map { CalendarDate(daysSinceEpoch: $0) }, count: count).map { range in
            "\(range.lowerBound.daysSinceEpoch)-\(range.upperBound.daysSinceEpoch)"
        }
    }

    @Test
    func `days that follow one another are a range`() {
        #expect(ranges([]).isEmpty)
        #expect(ranges([3]) == ["3-3"])
        #expect(ranges([5, 3, 4, 9, 8, 20]) == ["3-5", "8-9", "20-20"])
    }

    @Test
    func `the smallest gaps are read along where there would be too many ranges`() {
        #expect(ranges([1, 3, 10, 12, 100], count: 3) == ["1-3", "10-12", "100-100"])
        #expect(ranges([1, 3, 10, 12, 100], count: 1) == ["1-100"])
        #expect(ranges(Array(stride(from: 0, to: 100, by: 2))).count == DayRanges.maximumCount)
    }

    @Test
    func `a position behind the header of an empty page is where the last record ends`() {
        func end(_ position: UInt64) -> UInt64 {
            LSN(rawValue: position).withoutPageHeader(pageByteCount: 8_192, segmentByteCount: 16 << 20).rawValue
        }
        #expect(end(8_192 + 24) == 8_192)
        #expect(end((16 << 20) + 40) == 16 << 20)
        for position in [8_192 + 23, 8_192 + 25, 8_192 + 40, (16 << 20) + 39, (16 << 20) + 48] as [UInt64] {
            #expect(end(position) == position)
        }
    }
}

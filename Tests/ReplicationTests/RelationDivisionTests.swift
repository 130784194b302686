import Lake
import Testing

@testable import Replication

@Suite("Division of large relations")
struct RelationDivisionTests {
    private static let pageCount = 10 * RelationDivision.minimumPageCount
    private static let year = (0..<100).map { day("2025-01-01").advanced(by: Int32($0)) }

    private static func day(_ text: String) -> CalendarDate {
        CalendarDate(text) ?? CalendarDate(daysSinceEpoch: 0)
    }

    private func division(
        pageCount: Int = pageCount,
        isHeap: Bool = true,
        correlation: Double? = 1,
        nullShare: Double = 0,
        bounds: [CalendarDate]? = year,
        days: ClosedRange<CalendarDate>? = nil,
        jobs: Int = 2
    ) -> RelationDivision {
        RelationDivision(
            pageCount: pageCount,
            isHeap: isHeap,
            index: bounds.map {
                PartitionColumnIndex(correlation: correlation, nullShare: nullShare, common: [], bounds: $0)
            },
            days: days,
            jobs: jobs
        )
    }

    @Test("an ordered table is divided by days, with open ends and NULL apart")
    func ordered() {
        let (first, second, third) = (Self.day("2025-01-26"), Self.day("2025-02-20"), Self.day("2025-03-17"))
        #expect(
            division().ranges == [
                .days(from: nil, end: first), .days(from: first, end: second), .days(from: second, end: third),
                .days(from: third, end: nil), .withoutDay,
            ]
        )
    }

    @Test("a table in no order, or never analysed, or without an index, is divided by pages")
    func unordered() {
        let half = Self.pageCount / 2
        let pages: [PartRange] = [.pages(from: 0, end: half), .pages(from: half, end: nil)]
        #expect(division(correlation: 0.3).ranges == pages)
        #expect(division(correlation: nil, bounds: []).ranges == pages)
        #expect(division(bounds: nil).ranges == pages)
        #expect(division(bounds: [CalendarDate](repeating: Self.day("2025-01-01"), count: 100)).ranges == pages)
    }

    @Test("what cannot be read by pages is read whole")
    func notHeap() {
        #expect(division(isHeap: false, correlation: 0).ranges == [.all])
    }

    @Test("one job, or a small table, needs no division")
    func small() {
        #expect(division(jobs: 1).ranges == [.all])
        #expect(division(pageCount: RelationDivision.minimumPageCount - 1).ranges == [.all])
    }

    @Test("a few days are left to the index in one go, also without statistics")
    func fewDays() {
        let yesterday = Self.day("2025-02-01")...Self.day("2025-02-01")
        #expect(division(days: yesterday).ranges == [.all])
        #expect(division(correlation: 0, days: yesterday).ranges == [.all])
        #expect(division(correlation: nil, bounds: [], days: yesterday).ranges == [.all])
    }

    @Test("days that nobody could find without reading the table are divided by pages")
    func fewDaysWithoutIndex() {
        let yesterday = Self.day("2025-02-01")...Self.day("2025-02-01")
        #expect(division(bounds: nil, days: yesterday).ranges.count == 2)
    }

    @Test("many days of an ordered table are divided within their bounds")
    func manyDays() {
        let days = Self.day("2025-01-11")...Self.day("2025-03-21")
        let ranges = division(days: days).ranges
        #expect(ranges.count == 4)
        #expect(ranges.first == .days(from: days.lowerBound, end: Self.day("2025-01-29")))
        #expect(ranges.last == .days(from: Self.day("2025-03-05"), end: Self.day("2025-03-22")))
    }

    @Test("many days of a table in no order are divided by pages")
    func manyDaysUnordered() {
        let ranges = division(correlation: 0, days: Self.day("2025-01-11")...Self.day("2025-03-21")).ranges
        #expect(ranges.count == 2)
        #expect(!ranges.contains(.all))
    }

    @Test("days between two bounds of the statistics are divided evenly")
    func betweenBounds() {
        let decades = [Self.day("1990-01-01"), Self.day("2000-01-01"), Self.day("2010-01-01"), Self.day("2020-01-01")]
        let days = Self.day("2004-01-01")...Self.day("2005-12-31")
        let ranges = division(pageCount: 1_000 * RelationDivision.minimumPageCount, bounds: decades, days: days).ranges
        #expect(
            ranges == [
                .days(from: days.lowerBound, end: Self.day("2004-07-02")),
                .days(from: Self.day("2004-07-02"), end: Self.day("2005-01-01")),
                .days(from: Self.day("2005-01-01"), end: Self.day("2005-07-03")),
                .days(from: Self.day("2005-07-03"), end: Self.day("2006-01-01")),
            ]
        )
    }

    @Test("NULLs among the other rows are not read apart where they are many")
    func manyNulls() {
        #expect(division(nullShare: 0.005).ranges.last == .withoutDay)
        #expect(division(nullShare: 0.3).ranges.allSatisfy { if case .pages = $0 { true } else { false } })
        // Days have no NULLs.
        let days = Self.day("2025-01-11")...Self.day("2025-03-21")
        #expect(
            division(nullShare: 0.3, days: days).ranges.first
                == .days(from: days.lowerBound, end: Self.day("2025-01-29"))
        )
    }

    @Test("ranges follow one another without gap or overlap, whatever the statistics", arguments: 1...40)
    func complete(seed: Int) {
        var state = UInt64(seed)
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let bounds = (0..<random(120)).map { _ in Self.day("2025-01-01").advanced(by: Int32(random(1 + seed * 3))) }
        let from = Self.day("2025-01-01").advanced(by: Int32(random(60)))
        let days = seed.isMultiple(of: 2) ? from...from.advanced(by: Int32(random(90))) : nil
        let ranges = division(bounds: bounds.sorted { $0 < $1 }, days: days, jobs: 2 + random(6)).ranges
        var position = days?.lowerBound
        for (index, range) in ranges.enumerated() {
            guard case .days(let from, let end) = range else { continue }
            #expect(from == position)
            if let from, let end { #expect(from < end) }
            if end == nil { #expect(index == ranges.count - 2 && ranges.last == .withoutDay) }
            position = end
        }
        if let days, position != days.lowerBound { #expect(position == days.upperBound.advanced(by: 1)) }
    }

    @Test("common values weigh as much as they are frequent")
    func commonValues() {
        let index = PartitionColumnIndex(
            correlation: 1,
            common: [(day: Self.day("2025-02-01"), share: 0.6)],
            bounds: Self.year
        )
        #expect(abs(index.share(of: Self.day("2025-02-01")...Self.day("2025-02-01")) - 0.604) < 0.000_1)
        #expect(index.boundaries(of: nil, count: 2) == [Self.day("2025-02-02")])
    }
}

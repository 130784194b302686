import Ingest
import PostgresWire
import Testing

@Suite
struct DayRouterTests {
    @Test
    func `unsorted rows are grouped by day and keep their order within it`() throws {
        let groups = try Self.groups([5, 3, 5, nil, 3].map { $0.map { bigEndianBytes(Int32($0)) } }, .date)
        #expect(groups.map(\.day) == [0, 10_960, 10_962])
        #expect(groups.map(\.rows) == [[3], [1, 4], [0, 2]])
    }

    @Test
    func `NULL, infinity and everything before year 1 belong to 1970-01-01`() throws {
        let firstDay = Int32(-719_162 - 10_957)
        let days = [Int32.max, Int32.min, firstDay, firstDay - 1, Int32.min + 1].map { bigEndianBytes($0) as Cell }
        let dates = try Self.groups(days + [nil], .date)
        #expect(dates.map(\.day) == [-719_162, 0])
        #expect(dates.map(\.rows) == [[2], [0, 1, 3, 4, 5]])
        let start = Int64(firstDay) * 86_400_000_000
        let times = [Int64.max, .min, start, start - 1].map { bigEndianBytes($0) as Cell }
        for kind in [DayRouter.Kind.timestamp, Self.utc] {
            let groups = try Self.groups(times + [nil], kind)
            #expect(groups.map(\.day) == [-719_162, 0])
            #expect(groups.map(\.rows) == [[2], [0, 1, 3, 4]])
        }
    }

    @Test
    func `a timestamp belongs to its own day, up to the last one that the lake's columns hold`() throws {
        let last = Int64.max - 946_684_800_000_000
        let values: [Int64] = [-1, 0, 86_399_999_999, 86_400_000_000, last, last + 1, 9_223_371_331_199_999_999]
        for kind in [DayRouter.Kind.timestamp, Self.utc] {
            let groups = try Self.groups(values.map { bigEndianBytes($0) }, kind)
            #expect(groups.map(\.day) == [0, 10_956, 10_957, 10_958, 106_751_991])
            #expect(groups.map(\.rows) == [[5, 6], [0], [1, 2], [3], [4]])
        }
    }

    @Test
    func `an instant belongs to the local day`() throws {
        // Two hours east of Greenwich.
        let offset: Int64 = 7_200_000_000
        let kind = DayRouter.Kind.timestampWithTimeZone { instant in
            let day = (instant + offset).flooredDivision(by: 86_400_000_000).quotient
            let start = day * 86_400_000_000 - offset
            return (start..<(start + 86_400_000_000), Int(day))
        }
        let values: [Int64] = [-offset - 1, -offset, 86_400_000_000 - offset - 1, 86_400_000_000 - offset]
        let groups = try Self.groups(values.map { bigEndianBytes($0) }, kind)
        #expect(groups.map(\.day) == [10_956, 10_957, 10_958])
        #expect(groups.map(\.rows) == [[0], [1, 2], [3]])
    }

    @Test
    func `cells of another length are refused`() {
        for length in [0, 3, 5, 8] {
            #expect(throws: CellError.self) { try Self.groups([Array(repeating: 0, count: length)], .date) }
        }
        for length in [0, 4, 7, 9] {
            #expect(throws: CellError.self) { try Self.groups([Array(repeating: 0, count: length)], .timestamp) }
        }
    }

    @Test
    func `a batch without rows has no groups`() throws {
        #expect(try DayRouter(kind: .date, column: 0).groups(of: WireRowBatch(columnCount: 1, rowCapacity: 1)).isEmpty)
    }

    private static let utc = DayRouter.Kind.timestampWithTimeZone { instant in
        let day = instant.flooredDivision(by: 86_400_000_000).quotient
        // The last day there is ends in its middle.
        let (end, overflow) = (day + 1).multipliedReportingOverflow(by: 86_400_000_000)
        return ((day * 86_400_000_000)..<(overflow ? Int64.max : end), Int(day))
    }

    private static func groups(_ cells: [Cell], _ kind: DayRouter.Kind) throws -> [(day: Int, rows: [UInt32])] {
        let batch = try wireBatch(cells.map { [$0] })
        let router = DayRouter(kind: kind, column: 0)
        return try withExtendedLifetime(router) { try router.groups(of: batch).map { ($0.day, Array($0.rows)) } }
    }
}

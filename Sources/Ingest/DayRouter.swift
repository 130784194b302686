import Bytes
public import PostgresWire

/// The rows of a batch that belong to one day.
@safe
public struct DayGroup {
    /// Days since 1970-01-01.
    public let day: Int
    /// The rows, by number, in the order of the batch; valid until the router is used again or released.
    public let rows: UnsafeBufferPointer<UInt32>
}

/// Decides to which day each row belongs, by the binary cell of its partition column.
///
/// A row whose value is NULL, infinite, before year 1 or beyond what the lake's columns hold belongs to 1970-01-01. Used
/// by one thread at a time.
public final class DayRouter {
    /// What the partition column holds.
    public enum Kind: Sendable {
        /// Days.
        case date
        /// A local time, which names its own day.
        case timestamp
        /// An instant. The function returns the instants (microseconds since 1970-01-01 UTC) of the local day that
        /// holds the given one, and the day itself.
        case timestampWithTimeZone(@Sendable (Int64) -> (instants: Range<Int64>, day: Int))
    }

    private let kind: Kind
    private let column: Int
    private let days = ByteBuffer()
    private let rows = ByteBuffer()
    private var instants: Range<Int64> = 0..<0
    private var instantsDay = 0

    /// 0001-01-01, before which there is no partition.
    private static let firstDay = CalendarText.days(year: 1, month: 1, day: 1)

    /// Creates a router by the cell of the given column.
    public init(kind: Kind, column: Int) {
        self.kind = kind
        self.column = column
    }

    /// Groups the rows of the batch by day, in ascending order of days.
    ///
    /// - Throws: ``CellError`` if a cell is neither NULL nor of its type.
    public func groups(of wire: WireRowBatch) throws(CellError) -> [DayGroup] {
        let count = wire.rowCount
        guard count > 0 else { return [] }
        days.removeAll()
        rows.removeAll()
        let day = unsafe days.reserve(count * 4).assumingMemoryBound(to: Int32.self)
        let row = unsafe rows.reserve(count * 4).assumingMemoryBound(to: UInt32.self)
        let run = unsafe CellRun(bytes: wire.bytes, offsets: wire.cellOffsets(ofColumn: column), count: count)
        unsafe try writeDays(of: run, to: day)
        var isSorted = true
        for index in 0..<count {
            unsafe row[index] = UInt32(truncatingIfNeeded: index)
            if unsafe day[index] < day[max(0, index &- 1)] { isSorted = false }
        }
        var order = unsafe UnsafeMutableBufferPointer(start: row, count: count)
        if !isSorted {
            unsafe order.sort { unsafe day[Int($0)] != day[Int($1)] ? day[Int($0)] < day[Int($1)] : $0 < $1 }
        }
        var groups: [DayGroup] = []
        var start = 0
        while start < count {
            let current = unsafe day[Int(order[start])]
            var end = start + 1
            while end < count, unsafe day[Int(order[end])] == current { end += 1 }
            let slice = unsafe UnsafeBufferPointer(start: UnsafePointer(row + start), count: end - start)
            unsafe groups.append(DayGroup(day: Int(current), rows: slice))
            start = end
        }
        return groups
    }

    /// Writes the day of each row, one tight loop for each kind of column.
    private func writeDays(of run: CellRun, to days: UnsafeMutablePointer<Int32>) throws(CellError) {
        switch kind {
        case .date:
            unsafe try writeDays(of: run, to: days, Int32.self, expected: "a date") { value in
                Int(value) &+ Int(CalendarText.epochDays)
            }
        case .timestamp:
            unsafe try writeDays(of: run, to: days, Int64.self, expected: "a timestamp", day: Self.day(ofLocal:))
        case .timestampWithTimeZone(let localDay):
            var (instants, day) = (self.instants, instantsDay)
            unsafe try writeDays(of: run, to: days, Int64.self, expected: "a timestamp") { value in
                let (instant, overflow) = value.addingReportingOverflow(CalendarText.epochMicroseconds)
                // Beyond the years that 64 bits of Unix microseconds reach, the column has no value.
                if overflow { return 0 }
                if !instants.contains(instant) { (instants, day) = localDay(instant) }
                return day
            }
            (self.instants, instantsDay) = (instants, day)
        }
    }

    @inline(__always)
    private func writeDays<T: FixedWidthInteger & BitwiseCopyable>(
        of run: CellRun,
        to days: UnsafeMutablePointer<Int32>,
        _ type: T.Type,
        expected: String,
        day: (T) -> Int
    ) throws(CellError) {
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            guard length == MemoryLayout<T>.size else {
                guard length < 0 else { throw CellError(column: column, expected: expected) }
                unsafe days[index] = 0
                continue
            }
            let value = unsafe bigEndian(cell, T.self)
            // The extremes stand for infinity.
            let day = value == .max || value == .min ? 0 : day(value)
            unsafe days[index] = day < Self.firstDay ? 0 : Int32(truncatingIfNeeded: day)
        }
    }

    @inline(__always)
    private static func day(ofLocal value: Int64) -> Int {
        guard !value.addingReportingOverflow(CalendarText.epochMicroseconds).overflow else { return 0 }
        let days = value.flooredDivision(by: CalendarText.microsecondsPerDay).quotient
        return Int(days) &+ Int(CalendarText.epochDays)
    }
}

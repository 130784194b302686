import Bytes
import PostgresWire

/// A row of what the database has computed.
struct ChecksumRow {
    /// What the rows were grouped by; nil for one group.
    var day: Int?
    var checksum: DayChecksum
    /// The first and the last instant in microseconds since 1970-01-01 UTC, where they were asked for and rows have one.
    var instants: ClosedRange<Int64>?

    /// Reads a row of text cells: the day, the number of rows, the sums, perhaps two instants.
    ///
    /// - Returns: nil if a cell is none of these.
    init?(_ wire: WireRowBatch, _ row: Int, columnCount: Int) {
        func cell(_ column: Int) -> [UInt8]? {
            let cell = wire.bytes + Int(wire.cellOffsets(ofColumn: column)[row])
            let length = Int(Int32(bigEndian: (cell - 4).loadUnaligned(as: Int32.self)))
            return length < 0 ? nil : Array(UnsafeRawBufferPointer(start: cell, count: length))
        }
        func integer(_ column: Int) -> Int? { cell(column).flatMap { Int(String(decoding: $0, as: UTF8.self)) } }
        guard let rowCount = integer(1) else { return nil }
        day = integer(0)
        // No date of PostgreSQL is beyond, and what is computed with it cannot overflow.
        if let day, Int32(exactly: day) == nil { return nil }
        checksum = DayChecksum(columnCount: columnCount)
        checksum.rowCount = rowCount
        guard let keySum = Self.sum(cell(2)) else { return nil }
        checksum.keySum = keySum
        for index in 0..<columnCount {
            guard let sum = Self.sum(cell(3 + index)) else { return nil }
            checksum.columnSums[index] = sum
        }
        guard wire.columnCount > 3 + columnCount, let first = cell(3 + columnCount), let last = cell(4 + columnCount)
        else { return }
        guard let first = Self.instant(first), let last = Self.instant(last), first <= last else { return nil }
        instants = first...last
    }

    /// A sum modulo 2^64; 0 where there was nothing to add.
    static func sum(_ text: [UInt8]?) -> UInt64? {
        guard let text else { return 0 }
        let isNegative = text.first == UInt8(ascii: "-")
        var sum: UInt64 = 0
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            sum = sum &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
        }
        return isNegative ? 0 &- sum : sum
    }

    private static func instant(_ text: [UInt8]) -> Int64? {
        let cell = ByteBuffer()
        guard TextForm.timestamp.append(text.span, to: cell), cell.count == 8 else { return nil }
        let microseconds = Int64(bigEndian: cell.bytes.loadUnaligned(as: Int64.self))
        let (sum, overflow) = microseconds.addingReportingOverflow(CalendarText.epochMicroseconds)
        return overflow ? nil : sum
    }
}

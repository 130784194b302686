import Bytes
import Columnar
import PostgresWire

/// Cells of one column, found by their offsets: the length is the big-endian `Int32` before each.
@safe
struct CellRun {
    let bytes: UnsafeRawPointer
    let offsets: UnsafePointer<UInt32>
    let count: Int

    @inline(__always)
    func cell(_ index: Int) -> UnsafeRawPointer { unsafe bytes + Int(offsets[index]) }

    @inline(__always)
    func length(_ cell: UnsafeRawPointer) -> Int {
        unsafe Int(Int32(bigEndian: (cell - 4).loadUnaligned(as: Int32.self)))
    }
}

/// Turns cells of one column at a time into values.
///
/// Used by one thread at a time.
final class ColumnDecoding {
    private let flags = ByteBuffer()
    /// Where the elements of arrays lie, a buffer for each depth of lists within lists.
    var elementOffsets: [ByteBuffer] = []
    let text = ByteBuffer()
    private let masking = TextMasking()
    /// Values that had no place in their column.
    var rescued: [RescuedValue] = []
    /// The column being decoded, for errors and rescued values.
    var columnIndex = 0

    /// Appends the cells to the column.
    func decode(_ run: CellRun, with decoder: CellDecoder, into column: Column) throws(CellError) {
        switch decoder {
        case .boolean:
            unsafe try fixed(run, 1, UInt8.self, into: column) { unsafe $0.load(as: UInt8.self) == 0 ? 0 : 1 }
        case .int16: unsafe try fixed(run, 2, Int32.self, into: column) { unsafe Int32(bigEndian($0, Int16.self)) }
        case .int32: unsafe try fixed(run, 4, Int32.self, into: column) { unsafe bigEndian($0, Int32.self) }
        case .int64:
            unsafe try fixed(run, 8, Int64.self, into: column) { unsafe bigEndian($0, Int64.self) }
        case .float: unsafe try fixed(run, 4, UInt32.self, into: column) { unsafe bigEndian($0, UInt32.self) }
        case .double: unsafe try fixed(run, 8, UInt64.self, into: column) { unsafe bigEndian($0, UInt64.self) }
        case .uuidBytes:
            unsafe try fixed(run, 16, SIMD16<UInt8>.self, into: column) {
                unsafe $0.loadUnaligned(as: SIMD16<UInt8>.self)
            }
        case .bytes: try copied(run, skipping: 0, into: column)
        case .jsonb: try copied(run, skipping: 1, into: column)
        case .uuidText: try uuidText(run, into: column)
        case .date: try date(run, into: column)
        case .timestamp(let isUTC): try timestamp(run, isUTC: isUTC, into: column)
        case .timeMicroseconds: try timeMicroseconds(run, into: column)
        case .timeText:
            unsafe try formatted(run, into: column, expected: "a time") { cell, length, out in
                // 24:00:00 is a time to PostgreSQL.
                guard length == 8, case let time = unsafe bigEndian(cell, Int64.self),
                    (0...CalendarText.microsecondsPerDay).contains(time)
                else { return false }
                CalendarText.appendTime(time, to: out)
                return true
            }
        case .decimal(let precision, let scale):
            try decimal(run, precision: precision, scale: scale, into: column)
        case .numericText:
            unsafe try formatted(run, into: column, expected: "a numeric") { cell, length, out in
                guard let value = unsafe NumericValue(cell, byteCount: length) else { return false }
                value.appendText(to: out)
                return true
            }
        case .numericDouble: try numericDouble(run, into: column)
        case .array(let element, let text): try array(run, element: element, text: text, into: column)
        case .hstore: try hstore(run, into: column)
        case .masked(let mask):
            unsafe try formatted(run, into: column, expected: "a text that can be masked") { cell, length, out in
                unsafe masking.append(UnsafeRawBufferPointer(start: cell, count: length), mask, to: out)
            }
        case .nothing: column.appendNulls(run.count)
        }
    }

    func error(_ expected: String) -> CellError { CellError(column: columnIndex, expected: expected) }

    /// Room for a flag a slot, used again for each run.
    func slotFlags(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        flags.removeAll()
        return unsafe flags.reserve(count).assumingMemoryBound(to: UInt8.self)
    }

    func rescue(row: Int, _ write: (ByteBuffer) -> Void) {
        text.removeAll()
        write(text)
        rescued.append(RescuedValue(row: row, column: columnIndex, text: text.copyBytes()))
    }

    // MARK: - Values of a fixed width

    @inline(__always)
    private func fixed<T: BitwiseCopyable>(
        _ run: CellRun,
        _ wireByteCount: Int,
        _ type: T.Type,
        into column: Column,
        convert: (UnsafeRawPointer) -> T
    ) throws(CellError) {
        let size = MemoryLayout<T>.size
        let target = unsafe column.values.reserve(run.count * size)
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            if length == wireByteCount {
                unsafe target.storeBytes(of: convert(cell), toByteOffset: valueCount &* size, as: T.self)
                unsafe flags[index] = 1
                valueCount &+= 1
            } else if length < 0 {
                unsafe flags[index] = 0
            } else {
                throw error("\(wireByteCount) bytes long")
            }
        }
        column.values.advance(by: valueCount * size)
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }

    private func date(_ run: CellRun, into column: Column) throws(CellError) {
        unsafe try rescuing(run, 4, Int32.self, into: column) { cell in
            let days = unsafe bigEndian(cell, Int32.self)
            // The extremes stand for infinity; the latest date is far below the overflow.
            guard days != .max, days != .min else { return nil }
            return days &+ CalendarText.epochDays
        } text: { cell, out in
            let days = unsafe bigEndian(cell, Int32.self)
            out.append(Array((days == .max ? "infinity" : "-infinity").utf8))
        }
    }

    /// PostgreSQL's day may end with 24:00:00, which Parquet's TIME does not know.
    private func timeMicroseconds(_ run: CellRun, into column: Column) throws(CellError) {
        unsafe try rescuing(run, 8, Int64.self, into: column) { cell in
            let microseconds = unsafe bigEndian(cell, Int64.self)
            return microseconds < CalendarText.microsecondsPerDay ? microseconds : nil
        } text: { cell, out in
            unsafe CalendarText.appendTime(bigEndian(cell, Int64.self), to: out)
        }
    }

    private func timestamp(_ run: CellRun, isUTC: Bool, into column: Column) throws(CellError) {
        unsafe try rescuing(run, 8, Int64.self, into: column) { cell in
            let microseconds = unsafe bigEndian(cell, Int64.self)
            let (sum, overflow) = microseconds.addingReportingOverflow(CalendarText.epochMicroseconds)
            return overflow || microseconds == .min ? nil : sum
        } text: { cell, out in
            unsafe ArrayText.appendTimestamp(bigEndian(cell, Int64.self), isUTC: isUTC, to: out)
        }
    }

    private func decimal(_ run: CellRun, precision: Int, scale: Int, into column: Column) throws(CellError) {
        switch CellDecoder.decimalCarrier(precision: precision) {
        case .int32:
            let limit = Int64(decimalLimit(precision))
            try numeric(run, Int32.self, into: column) { value in
                shortScaled(value, scale: scale, limit: limit).map { Int32(truncatingIfNeeded: $0) }
            }
        case .int64:
            let limit = Int64(decimalLimit(precision))
            try numeric(run, Int64.self, into: column) { shortScaled($0, scale: scale, limit: limit) }
        default:
            try wideDecimal(run, precision: precision, scale: scale, into: column)
        }
    }

    @inline(__always)
    private func shortScaled(_ cell: DecimalCell, scale: Int, limit: Int64) -> Int64? {
        // Up to four digits and no overflow: nearly every amount of money.
        if let fast = cell.smallScaled(by: scale) { return fast > -limit && fast < limit ? fast : nil }
        guard let value = unsafe NumericValue(cell.bytes, byteCount: cell.byteCount),
            let scaled = value.scaled(by: scale)
        else {
            return nil
        }
        return scaled > -Int128(limit) && scaled < Int128(limit) ? Int64(scaled) : nil
    }

    @inline(__always)
    private func numeric<T: BitwiseCopyable>(
        _ run: CellRun,
        _ type: T.Type,
        into column: Column,
        convert: (DecimalCell) -> T?
    ) throws(CellError) {
        let size = MemoryLayout<T>.size
        let target = unsafe column.values.reserve(run.count * size)
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            guard length >= 8 else { throw error("a numeric") }
            if let value = unsafe convert(DecimalCell(bytes: cell, byteCount: length)) {
                unsafe target.storeBytes(of: value, toByteOffset: valueCount &* size, as: T.self)
                unsafe flags[index] = 1
                valueCount &+= 1
            } else {
                unsafe try rescueNumeric(cell, length, row: index)
            }
        }
        column.values.advance(by: valueCount * size)
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }

    private func rescueNumeric(_ cell: UnsafeRawPointer, _ length: Int, row: Int) throws(CellError) {
        guard let value = unsafe NumericValue(cell, byteCount: length) else { throw error("a numeric") }
        rescue(row: row) { value.appendText(to: $0) }
    }

    private func wideDecimal(_ run: CellRun, precision: Int, scale: Int, into column: Column) throws(CellError) {
        let width = CellDecoder.decimalByteWidth(precision: precision)
        let limit = decimalLimit(precision)
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            guard let value = unsafe NumericValue(cell, byteCount: length) else { throw error("a numeric") }
            guard let scaled = value.scaled(by: scale), scaled > -limit, scaled < limit else {
                rescue(row: index) { value.appendText(to: $0) }
                continue
            }
            for byte in stride(from: (width - 1) * 8, through: 0, by: -8) {
                column.values.append(UInt8(truncatingIfNeeded: scaled >> Int128(byte)))
            }
            unsafe flags[index] = 1
            valueCount += 1
        }
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }

    private func numericDouble(_ run: CellRun, into column: Column) throws(CellError) {
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            guard let value = unsafe NumericValue(cell, byteCount: length) else { throw error("a numeric") }
            guard let number = value.double() else {
                rescue(row: index) { value.appendText(to: $0) }
                continue
            }
            column.values.appendLittleEndian(number.bitPattern)
            unsafe flags[index] = 1
            valueCount += 1
        }
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }

    @inline(__always)
    private func rescuing<T: BitwiseCopyable>(
        _ run: CellRun,
        _ wireByteCount: Int,
        _ type: T.Type,
        into column: Column,
        convert: (UnsafeRawPointer) -> T?,
        text: (UnsafeRawPointer, ByteBuffer) -> Void
    ) throws(CellError) {
        let size = MemoryLayout<T>.size
        let target = unsafe column.values.reserve(run.count * size)
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            guard length == wireByteCount else { throw error("\(wireByteCount) bytes long") }
            if let value = unsafe convert(cell) {
                unsafe target.storeBytes(of: value, toByteOffset: valueCount &* size, as: T.self)
                unsafe flags[index] = 1
                valueCount &+= 1
            } else {
                rescue(row: index) { unsafe text(cell, $0) }
            }
        }
        column.values.advance(by: valueCount * size)
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }

    // MARK: - Values of variable width

    private func copied(_ run: CellRun, skipping prefix: Int, into column: Column) throws(CellError) {
        var total = 0
        for index in 0..<run.count { unsafe total &+= max(0, run.length(run.cell(index))) &+ 4 }
        let values = column.values
        var target = unsafe values.reserve(total)
        let start = unsafe target
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell) &- prefix
            if length < 0 {
                // NULL is a length of -1, not an empty cell that lacks its version byte.
                guard length == -1 &- prefix else { throw error("complete") }
                unsafe flags[index] = 0
                continue
            }
            // The one version that there is (PostgreSQL source, `jsonb_send`).
            if prefix > 0, unsafe cell.load(as: UInt8.self) != 1 { throw error("of a known version") }
            unsafe flags[index] = 1
            valueCount &+= 1
            unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
            unsafe copyBlocks(from: cell + prefix, to: target + 4, byteCount: length)
            unsafe target += 4 &+ length
        }
        unsafe values.advance(by: target - start)
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }

    private func uuidText(_ run: CellRun, into column: Column) throws(CellError) {
        let size = 40
        let target = unsafe column.values.reserve(run.count * size)
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            if length == 16 {
                unsafe UUIDText.write(cell, to: target + valueCount &* size)
                unsafe flags[index] = 1
                valueCount &+= 1
            } else if length < 0 {
                unsafe flags[index] = 0
            } else {
                throw error("a uuid")
            }
        }
        column.values.advance(by: valueCount * size)
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }

    private func formatted(
        _ run: CellRun,
        into column: Column,
        expected: String,
        write: (UnsafeRawPointer, Int, ByteBuffer) -> Bool
    ) throws(CellError) {
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            let start = column.values.count
            column.values.appendLittleEndian(UInt32(0))
            guard unsafe write(cell, length, column.values) else { throw error(expected) }
            let written = UInt32(column.values.count - start - 4)
            unsafe column.values.base.storeBytes(of: written.littleEndian, toByteOffset: start, as: UInt32.self)
            unsafe flags[index] = 1
            valueCount += 1
        }
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }
}

/// A big-endian integer of the wire.
@inline(__always)
func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ cell: UnsafeRawPointer, _ type: T.Type) -> T {
    unsafe T(bigEndian: cell.loadUnaligned(as: T.self))
}

/// Copies whole blocks of 16 bytes; both sides are buffers with slack behind their last byte.
@inline(__always)
private func copyBlocks(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, byteCount: Int) {
    if byteCount > 256 { return unsafe target.copyMemory(from: source, byteCount: byteCount) }
    var done = 0
    while done < byteCount {
        let block = unsafe source.loadUnaligned(fromByteOffset: done, as: SIMD16<UInt8>.self)
        unsafe target.storeBytes(of: block, toByteOffset: done, as: SIMD16<UInt8>.self)
        done &+= 16
    }
}

extension NumericValue {
    /// The nearest double, or `nil` where a finite number is too large for one: it must not become infinity.
    func double() -> Double? {
        let text = ByteBuffer()
        appendText(to: text)
        guard let number = unsafe Double(String(decoding: text.bytes, as: UTF8.self)) else { return nil }
        return number.isFinite || special != nil ? number : nil
    }
}

/// `10^precision`, which a decimal must stay below.
private func decimalLimit(_ precision: Int) -> Int128 {
    (0..<precision).reduce(1) { limit, _ in limit * 10 }
}

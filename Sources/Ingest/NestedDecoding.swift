import Bytes
import Columnar
import PostgresWire

/// Arrays and hstore.
///
/// ```
/// array   dimensions:Int32 flags:Int32 elementType:UInt32 (size:Int32 lowerBound:Int32)* element*
/// hstore  count:Int32 (keyLength:Int32 key valueLength:Int32 value)*
/// element length:Int32 (-1 for NULL) bytes
/// ```
extension ColumnDecoding {
    /// PostgreSQL's own limit (`MAXDIM`).
    static let maximumDimensionCount = 6

    /// Lists hold arrays of one dimension that begin at 1; others are rescued whole.
    func array(
        _ run: CellRun,
        element: CellDecoder,
        text: ElementText,
        into column: Column
    ) throws(CellError) {
        if case .array = element { preconditionFailure("an array's dimensions are no arrays of their own") }
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        elementOffsets.removeAll()
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            guard length >= 12 else { throw error("an array") }
            let dimensionCount = unsafe Int(bigEndian(cell, Int32.self))
            guard dimensionCount >= 0, dimensionCount <= Self.maximumDimensionCount, length >= 12 + 8 * dimensionCount
            else { throw error("an array") }
            let start = elementOffsets.count
            let lowerBound = unsafe dimensionCount == 1 ? bigEndian(cell + 16, Int32.self) : 1
            let fits = unsafe try elements(of: cell, length, dimensionCount, bytes: run.bytes, element: element)
            guard dimensionCount <= 1, lowerBound == 1, fits else {
                elementOffsets.truncate(to: start)
                var isWellFormed = true
                rescue(row: index) { isWellFormed = unsafe ArrayText.append(cell, element: text, to: $0) }
                guard isWellFormed else { throw error("an array") }
                continue
            }
            column.values.appendLittleEndian(UInt32((elementOffsets.count - start) / 4))
            unsafe flags[index] = 1
            valueCount += 1
        }
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
        let offsets = unsafe UnsafePointer(elementOffsets.base.assumingMemoryBound(to: UInt32.self))
        let elements = unsafe CellRun(bytes: run.bytes, offsets: offsets, count: elementOffsets.count / 4)
        try decode(elements, with: element, into: column.children[0])
    }

    /// Notes where each element begins, having checked that all of them lie within the cell.
    ///
    /// - Returns: Whether the list's column can hold each of them.
    private func elements(
        of cell: UnsafeRawPointer,
        _ length: Int,
        _ dimensionCount: Int,
        bytes: UnsafeRawPointer,
        element: CellDecoder
    ) throws(CellError) -> Bool {
        var count = dimensionCount == 0 ? 0 : 1
        for dimension in 0..<dimensionCount {
            let size = unsafe Int(bigEndian(cell + 12 + dimension * 8, Int32.self))
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            // Every element takes four bytes at least.
            guard size >= 0, !overflow, product <= length / 4 else { throw error("an array") }
            count = product
        }
        var position = 12 + 8 * dimensionCount
        var fits = true
        for _ in 0..<count {
            guard position + 4 <= length else { throw error("an array") }
            let byteCount = unsafe Int(bigEndian(cell + position, Int32.self))
            position += 4
            guard byteCount >= -1, position + max(0, byteCount) <= length else { throw error("an array") }
            unsafe elementOffsets.appendLittleEndian(UInt32(truncatingIfNeeded: cell + position - bytes))
            if byteCount >= 0 {
                if fits { fits = unsafe element.holds(cell + position, byteCount) }
                position += byteCount
            }
        }
        guard position == length else { throw error("an array") }
        return fits
    }

    func hstore(_ run: CellRun, into column: Column) throws(CellError) {
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            guard length >= 4 else { throw error("an hstore") }
            let count = unsafe Int(bigEndian(cell, Int32.self))
            guard count >= 0, count <= length / 8 else { throw error("an hstore") }
            var position = 4
            for _ in 0..<count {
                for child in 0...1 {
                    guard position + 4 <= length else { throw error("an hstore") }
                    let byteCount = unsafe Int(bigEndian(cell + position, Int32.self))
                    position += 4
                    if byteCount == -1, child == 1 {
                        column.children[1].appendNulls(1)
                        continue
                    }
                    guard byteCount >= 0, position + byteCount <= length else { throw error("an hstore") }
                    unsafe column.children[child].append(
                        bytes: UnsafeRawBufferPointer(start: cell + position, count: byteCount)
                    )
                    position += byteCount
                }
            }
            guard position == length else { throw error("an hstore") }
            column.values.appendLittleEndian(UInt32(count))
            unsafe flags[index] = 1
            valueCount += 1
        }
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
    }
}

extension CellDecoder {
    /// Whether the column of this decoder can hold the cell; malformed cells pass, to fail where they are decoded.
    fileprivate func holds(_ cell: UnsafeRawPointer, _ byteCount: Int) -> Bool {
        switch self {
        case .date:
            guard byteCount == 4 else { return true }
            let days = unsafe bigEndian(cell, Int32.self)
            return days != .max && days != .min
        case .timestamp:
            guard byteCount == 8 else { return true }
            let microseconds = unsafe bigEndian(cell, Int64.self)
            return microseconds != .min
                && !microseconds.addingReportingOverflow(CalendarText.epochMicroseconds).overflow
        case .timeMicroseconds:
            return unsafe byteCount != 8 || bigEndian(cell, Int64.self) < CalendarText.microsecondsPerDay
        case .decimal(let precision, let scale):
            guard let value = unsafe NumericValue(cell, byteCount: byteCount) else { return true }
            guard let scaled = value.scaled(by: scale) else { return false }
            let limit = (0..<precision).reduce(Int128(1)) { limit, _ in limit * 10 }
            return scaled > -limit && scaled < limit
        case .numericDouble:
            guard let value = unsafe NumericValue(cell, byteCount: byteCount) else { return true }
            return value.double() != nil
        default:
            return true
        }
    }
}

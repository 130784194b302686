import Bytes
import Columnar
import PostgresWire

/// Arrays and hstore.
///
/// ```
/// hstore  count:Int32 (keyLength:Int32 key valueLength:Int32 value)*
/// ```
extension ColumnDecoding {
    /// Lists hold arrays of one dimension that begin at 1; others are rescued whole.
    func array(
        _ run: CellRun,
        element: CellDecoder,
        text: ElementText,
        into column: Column
    ) throws(CellError) {
        let flags = unsafe slotFlags(run.count)
        var valueCount = 0
        // Lists within lists are decoded while the outer list's elements are still being read.
        let offsets = elementOffsets(nestedIn: element)
        offsets.removeAll()
        for index in 0..<run.count {
            let cell = unsafe run.cell(index)
            let length = unsafe run.length(cell)
            unsafe flags[index] = 0
            if length < 0 { continue }
            guard let array = unsafe ArrayCell(cell, length: length) else { throw error("an array") }
            let start = offsets.count
            var fits = array.isList
            let isWellFormed = unsafe array.forEachElement { bytes, byteCount in
                unsafe offsets.appendLittleEndian(UInt32(truncatingIfNeeded: bytes - run.bytes))
                if fits, byteCount >= 0 { fits = unsafe element.holds(bytes, byteCount) }
            }
            guard isWellFormed else { throw error("an array") }
            guard fits else {
                offsets.truncate(to: start)
                var hasText = true
                rescue(row: index) { hasText = ArrayText.append(array, element: text, to: $0) }
                guard hasText else { throw error("an array") }
                continue
            }
            column.values.appendLittleEndian(UInt32(array.elementCount))
            unsafe flags[index] = 1
            valueCount += 1
        }
        unsafe column.validity.append(flags: flags, count: run.count, valueCount: valueCount)
        let pointer = unsafe UnsafePointer(offsets.base.assumingMemoryBound(to: UInt32.self))
        let elements = unsafe CellRun(bytes: run.bytes, offsets: pointer, count: offsets.count / 4)
        try decode(elements, with: element, into: column.children[0])
    }

    private func elementOffsets(nestedIn element: CellDecoder) -> ByteBuffer {
        var depth = 0
        var element = element
        while case .array(let inner, _) = element { (depth, element) = (depth + 1, inner) }
        while elementOffsets.count <= depth { elementOffsets.append(ByteBuffer()) }
        return elementOffsets[depth]
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
        case .array(let element, _):
            guard let array = unsafe ArrayCell(cell, length: byteCount) else { return true }
            var fits = array.isList
            _ = unsafe array.forEachElement { bytes, byteCount in
                if fits, byteCount >= 0 { fits = unsafe element.holds(bytes, byteCount) }
            }
            return fits
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

import Bytes
import Columnar
import PostgresWire

/// The text of an array as PostgreSQL prints it (`array_out`): `{1,NULL,"a b"}`, `[2:3]={7,8}`, `{{1,2},{3,4}}`.
enum ArrayText {
    /// Appends the text of a well-formed binary array.
    static func append(_ cell: UnsafeRawPointer, element: ElementText, to out: ByteBuffer) {
        let dimensionCount = unsafe Int(bigEndian(cell, Int32.self))
        let dimensions = (0..<dimensionCount).map { dimension in
            unsafe (
                size: Int(bigEndian(cell + 12 + dimension * 8, Int32.self)),
                lowerBound: Int(bigEndian(cell + 16 + dimension * 8, Int32.self))
            )
        }
        guard dimensionCount > 0, dimensions.allSatisfy({ $0.size > 0 }) else { return out.append(Array("{}".utf8)) }
        if dimensions.contains(where: { $0.lowerBound != 1 }) {
            for dimension in dimensions {
                out.append(Array("[\(dimension.lowerBound):\(dimension.lowerBound + dimension.size - 1)]".utf8))
            }
            out.append(UInt8(ascii: "="))
        }
        var position = unsafe cell + 12 + 8 * dimensionCount
        unsafe append(dimensions.map(\.size)[...], &position, element, to: out)
    }

    private static func append(
        _ sizes: ArraySlice<Int>,
        _ position: inout UnsafeRawPointer,
        _ element: ElementText,
        to out: ByteBuffer
    ) {
        guard let size = sizes.first else { return }
        out.append(UInt8(ascii: "{"))
        for index in 0..<size {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if sizes.count > 1 {
                unsafe append(sizes.dropFirst(), &position, element, to: out)
            } else {
                let length = unsafe Int(bigEndian(position, Int32.self))
                unsafe position += 4
                if length < 0 {
                    out.append(Array("NULL".utf8))
                } else {
                    unsafe appendQuoted(position, length, element, to: out)
                    unsafe position += length
                }
            }
        }
        out.append(UInt8(ascii: "}"))
    }

    private static func appendQuoted(
        _ cell: UnsafeRawPointer,
        _ length: Int,
        _ element: ElementText,
        to out: ByteBuffer
    ) {
        let text = ByteBuffer()
        unsafe append(cell, length, element, to: text)
        let special: Set<UInt8> = Set("{}\",\\ \t\n\r\u{0b}\u{0c}".utf8)
        let isNull = unsafe text.count == 4 && String(decoding: text.bytes, as: UTF8.self).uppercased() == "NULL"
        guard unsafe text.count == 0 || isNull || text.bytes.contains(where: { special.contains($0) }) else {
            return unsafe out.append(text.bytes)
        }
        out.append(UInt8(ascii: "\""))
        for unsafe byte in unsafe text.bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "\""))
    }

    /// Appends one element; malformed ones leave nothing, having been refused before.
    private static func append(_ cell: UnsafeRawPointer, _ length: Int, _ element: ElementText, to out: ByteBuffer) {
        let bytes = unsafe UnsafeRawBufferPointer(start: cell, count: length)
        switch element {
        case .boolean where length == 1: unsafe out.append(UInt8(ascii: bytes[0] == 0 ? "f" : "t"))
        case .int16 where length == 2: unsafe out.append(Array(String(bigEndian(cell, Int16.self)).utf8))
        case .int32 where length == 4: unsafe out.append(Array(String(bigEndian(cell, Int32.self)).utf8))
        case .int64 where length == 8: unsafe out.append(Array(String(bigEndian(cell, Int64.self)).utf8))
        case .float where length == 4: unsafe FloatText.append(Float(bitPattern: bigEndian(cell, UInt32.self)), to: out)
        case .double where length == 8: unsafe FloatText.append(Double(bitPattern: bigEndian(cell, UInt64.self)), to: out)
        case .text: unsafe out.append(bytes)
        case .bytea: unsafe out.append(Array(("\\x" + Hexadecimal.string(bytes)).utf8))
        case .jsonb where length >= 1: unsafe out.append(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
        case .uuid where length == 16:
            let target = ByteBuffer(capacity: 40)
            unsafe UUIDText.write(cell, to: target.reserve(40))
            target.advance(by: 40)
            unsafe out.append(UnsafeRawBufferPointer(rebasing: target.bytes.dropFirst(4)))
        case .date where length == 4:
            let days = unsafe bigEndian(cell, Int32.self)
            if days == .max || days == .min {
                out.append(Array((days == .max ? "infinity" : "-infinity").utf8))
            } else {
                CalendarText.appendDate(Int(days) + Int(CalendarText.epochDays), to: out)
            }
        case .time where length == 8: unsafe CalendarText.appendTime(bigEndian(cell, Int64.self), to: out)
        case .timestamp(let isUTC) where length == 8:
            unsafe appendTimestamp(bigEndian(cell, Int64.self), isUTC: isUTC, to: out)
        case .numeric: unsafe NumericValue(cell, byteCount: length)?.appendText(to: out)
        default: break
        }
    }

    /// Appends a timestamp, given in microseconds since 2000-01-01.
    static func appendTimestamp(_ microseconds: Int64, isUTC: Bool, to out: ByteBuffer) {
        switch microseconds {
        case .max: out.append(Array("infinity".utf8))
        case .min: out.append(Array("-infinity".utf8))
        default: CalendarText.appendTimestamp(microseconds, isUTC: isUTC, to: out)
        }
    }
}

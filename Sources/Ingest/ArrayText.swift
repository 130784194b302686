import Bytes
import Columnar
import PostgresWire

/// The text of an array as PostgreSQL prints it (`array_out`): `{1,NULL,"a b"}`, `[2:3]={7,8}`, `{{1,2},{3,4}}`.
enum ArrayText {
    /// Appends the text of a binary array.
    ///
    /// - Returns: Whether the array and each element have the form of their types.
    static func append(_ array: ArrayCell, element: ElementText, to out: ByteBuffer) -> Bool {
        // Only an array that no list can hold comes whole.
        let element = element == .wholeArray && array.isList ? .text : element
        var elements: [[UInt8]] = []
        var hasText = true
        let isWellFormed = unsafe array.forEachElement { bytes, length in
            guard hasText else { return }
            let text = ByteBuffer()
            if length < 0 {
                text.append(Array("NULL".utf8))
            } else if element == .wholeArray {
                unsafe text.append(UnsafeRawBufferPointer(start: bytes, count: length))
            } else {
                hasText = unsafe appendQuoted(bytes, length, element, to: text)
            }
            elements.append(text.copyBytes())
        }
        guard isWellFormed, hasText else { return false }
        if element == .wholeArray {
            out.append(elements.first ?? [])
            return true
        }
        let dimensions = array.dimensions
        guard !elements.isEmpty else {
            out.append(Array("{}".utf8))
            return true
        }
        if dimensions.contains(where: { $0.lowerBound != 1 }) {
            for dimension in dimensions {
                out.append(Array("[\(dimension.lowerBound):\(dimension.lowerBound + dimension.size - 1)]".utf8))
            }
            out.append(UInt8(ascii: "="))
        }
        var rest = elements[...]
        append(dimensions.map(\.size)[...], &rest, to: out)
        return true
    }

    private static func append(_ sizes: ArraySlice<Int>, _ elements: inout ArraySlice<[UInt8]>, to out: ByteBuffer) {
        guard let size = sizes.first else { return out.append(elements.removeFirst()) }
        out.append(UInt8(ascii: "{"))
        for index in 0..<size {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            append(sizes.dropFirst(), &elements, to: out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private static func appendQuoted(
        _ cell: UnsafeRawPointer,
        _ length: Int,
        _ element: ElementText,
        to out: ByteBuffer
    ) -> Bool {
        let text = ByteBuffer()
        guard unsafe append(cell, length, element, to: text) else { return false }
        let special: Set<UInt8> = Set("{}\",\\ \t\n\r\u{0b}\u{0c}".utf8)
        let isNull = unsafe text.count == 4 && String(decoding: text.bytes, as: UTF8.self).uppercased() == "NULL"
        guard unsafe text.count == 0 || isNull || text.bytes.contains(where: { special.contains($0) }) else {
            unsafe out.append(text.bytes)
            return true
        }
        out.append(UInt8(ascii: "\""))
        for byte in text.copyBytes() {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "\""))
        return true
    }

    /// Appends one element, or any other value.
    ///
    /// - Returns: Whether it has the form of its type.
    static func append(
        _ cell: UnsafeRawPointer,
        _ length: Int,
        _ element: ElementText,
        to out: ByteBuffer
    ) -> Bool {
        let bytes = unsafe UnsafeRawBufferPointer(start: cell, count: length)
        switch element {
        case .boolean where length == 1: unsafe out.append(UInt8(ascii: bytes[0] == 0 ? "f" : "t"))
        case .int16 where length == 2: unsafe out.append(Array(String(bigEndian(cell, Int16.self)).utf8))
        case .int32 where length == 4: unsafe out.append(Array(String(bigEndian(cell, Int32.self)).utf8))
        case .int64 where length == 8: unsafe out.append(Array(String(bigEndian(cell, Int64.self)).utf8))
        case .float where length == 4: unsafe FloatText.append(Float(bitPattern: bigEndian(cell, UInt32.self)), to: out)
        case .double where length == 8:
            unsafe FloatText.append(Double(bitPattern: bigEndian(cell, UInt64.self)), to: out)
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
        case .numeric:
            guard let value = unsafe NumericValue(cell, byteCount: length) else { return false }
            value.appendText(to: out)
        case .array(let element):
            guard let array = unsafe ArrayCell(cell, length: length) else { return false }
            return append(array, element: element, to: out)
        case .hstore: return unsafe appendHstore(bytes, to: out)
        default: return false
        }
        return true
    }

    /// Appends pairs as `hstore_out` prints them: `"a"=>"1", "b"=>NULL`.
    private static func appendHstore(_ cell: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        var position = 0
        func length() -> Int? {
            guard position + 4 <= cell.count, let start = cell.baseAddress else { return nil }
            defer { position += 4 }
            return unsafe Int(bigEndian(start + position, Int32.self))
        }
        func appendText(_ count: Int) -> Bool {
            guard count >= 0, count <= cell.count - position else { return false }
            out.append(UInt8(ascii: "\""))
            for index in position..<(position + count) {
                let byte = unsafe cell[index]
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
                out.append(byte)
            }
            out.append(UInt8(ascii: "\""))
            position += count
            return true
        }
        guard let count = length(), count >= 0 else { return false }
        for index in 0..<count {
            if index > 0 { out.append(Array(", ".utf8)) }
            guard let key = length(), appendText(key), let value = length() else { return false }
            out.append(Array("=>".utf8))
            if value < 0 {
                out.append(Array("NULL".utf8))
            } else if !appendText(value) {
                return false
            }
        }
        return position == cell.count
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

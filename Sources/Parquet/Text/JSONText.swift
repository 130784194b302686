import Bytes

/// Characters as a JSON string (RFC 8259).
///
/// Control characters of any kind, separators of lines and the marks that turn the direction of writing around are
/// escaped, so that a terminal shows the string and does not obey it.
enum JSONText {
    /// Appends the text with its quotes.
    static func append(_ text: String, to out: ByteBuffer) {
        out.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            var position = 0
            while position < bytes.count {
                let byte = unsafe bytes[position]
                if isPlain(byte) {
                    position += 1
                    continue
                }
                let (scalar, width) = unsafe scalar(bytes, position)
                if let escape = escape(scalar) {
                    unsafe out.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<position]))
                    out.append(Array(escape.utf8))
                    start = position + width
                }
                position += width
            }
            unsafe out.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// A string's UTF-8 is valid always: the first byte says how many follow.
    private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> (value: UInt32, width: Int) {
        let first = unsafe bytes[position]
        let width = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        var value = width == 1 ? UInt32(first) : UInt32(first) & (0x7f >> UInt32(width))
        for index in 1..<max(1, width) { value = unsafe value << 6 | UInt32(bytes[position + index] & 0x3f) }
        return (value, width)
    }

    private static func escape(_ scalar: UInt32) -> String? {
        switch scalar {
        case 0x22: return "\\\""
        case 0x5c: return "\\\\"
        case 0x0a: return "\\n"
        case 0x0d: return "\\r"
        case 0x09: return "\\t"
        case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069:
            let digits = String(scalar, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        default: return nil
        }
    }
}

import Bytes

/// The JSON that the lake's own columns hold (RFC 8259): objects of texts, one level deep.
public enum JSONText {
    /// The quoted form of UTF-8 text (section 7).
    public static func quoted(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: out += Array("\\u00".utf8) + Array(Hexadecimal.string([byte]).utf8)
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
        return out
    }

    /// The members of an object whose values are strings or `null`, in their order.
    ///
    /// - Parameter json: The object, with white space wherever JSON allows it. What stands between quotes need not be
    ///   UTF-8, and is kept as it is.
    /// - Returns: Names and texts without quotes and escapes, nil for `null`; `nil` if the bytes are anything else.
    public static func members(of json: [UInt8]) -> [(name: [UInt8], text: [UInt8]?)]? {
        var reader = Reader(json: json)
        return reader.object()
    }

    private struct Reader {
        let json: [UInt8]
        var position = 0

        mutating func object() -> [(name: [UInt8], text: [UInt8]?)]? {
            guard skip("{") else { return nil }
            var members: [(name: [UInt8], text: [UInt8]?)] = []
            guard !skip("}") else { return isAtEnd() ? members : nil }
            repeat {
                guard let name = string(), skip(":") else { return nil }
                if null() {
                    members.append((name, nil))
                } else {
                    guard let text = string() else { return nil }
                    members.append((name, text))
                }
            } while skip(",")
            guard skip("}"), isAtEnd() else { return nil }
            return members
        }

        private mutating func isAtEnd() -> Bool {
            skipSpace()
            return position == json.count
        }

        private mutating func skipSpace() {
            let space: [UInt8] = [0x20, 0x09, 0x0a, 0x0d]
            while position < json.count, space.contains(json[position]) { position += 1 }
        }

        /// Passes over a mark, if it is there, and the space before it.
        private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
            skipSpace()
            guard position < json.count, json[position] == UInt8(ascii: mark) else { return false }
            position += 1
            return true
        }

        private mutating func null() -> Bool {
            skipSpace()
            guard json[position...].starts(with: Array("null".utf8)) else { return false }
            position += 4
            return true
        }

        /// A string's text; nil if none begins here, or if it is malformed.
        private mutating func string() -> [UInt8]? {
            guard skip("\"") else { return nil }
            var text: [UInt8] = []
            while position < json.count {
                let byte = json[position]
                position += 1
                switch byte {
                case UInt8(ascii: "\""): return text
                case UInt8(ascii: "\\"):
                    guard let character = escaped() else { return nil }
                    text += character
                case 0..<0x20: return nil
                default: text.append(byte)
                }
            }
            return nil
        }

        /// What stands for the escape whose backslash was passed.
        private mutating func escaped() -> [UInt8]? {
            guard position < json.count else { return nil }
            let byte = json[position]
            position += 1
            switch Unicode.Scalar(byte) {
            case "\"", "\\", "/": return [byte]
            case "b": return [0x08]
            case "f": return [0x0c]
            case "n": return [0x0a]
            case "r": return [0x0d]
            case "t": return [0x09]
            case "u":
                guard let unit = codeUnit() else { return nil }
                if let scalar = Unicode.Scalar(unit) {
                    return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                }
                // Beyond 16 bits: two units, the second with an escape of its own.
                guard UTF16.isLeadSurrogate(unit), position + 2 <= json.count, json[position] == UInt8(ascii: "\\"),
                    json[position + 1] == UInt8(ascii: "u")
                else { return nil }
                position += 2
                guard let trail = codeUnit(), UTF16.isTrailSurrogate(trail) else { return nil }
                return Array(String(decoding: [unit, trail], as: UTF16.self).utf8)
            default: return nil
            }
        }

        private mutating func codeUnit() -> UInt16? {
            guard position + 4 <= json.count else { return nil }
            var unit: UInt16 = 0
            for digit in json[position..<position + 4] {
                let value: UInt8
                switch digit {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
                case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
                default: return nil
                }
                unit = unit << 4 | UInt16(value)
            }
            position += 4
            return unit
        }
    }
}

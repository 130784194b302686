extension ExactJSON {
    /// A document that is not JSON, or goes deeper than any that is expected.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// The byte at which it was noticed, from 0.
        public let offset: Int

        /// Where, without any of the document's values.
        public var description: String { "not JSON at byte \(offset)" }
    }

    /// Reads a document (RFC 8259).
    ///
    /// - Parameter bytes: UTF-8; what is not is replaced within texts.
    /// - Throws: ``Malformed``, also for what follows the value.
    public init(_ bytes: [UInt8]) throws(Malformed) {
        var reader = Reader(bytes: bytes)
        self = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.offset == bytes.count else { throw Malformed(offset: reader.offset) }
    }

    private struct Reader {
        /// Deeper than any table's description, and shallow enough for any thread's stack.
        private static let maximumDepth = 64

        let bytes: [UInt8]
        var offset = 0

        private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }
        private var malformed: Malformed { Malformed(offset: offset) }

        mutating func skipBlanks() {
            while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
        }

        mutating func value(depth: Int) throws(Malformed) -> ExactJSON {
            guard depth < Self.maximumDepth else { throw malformed }
            skipBlanks()
            switch next {
            case UInt8(ascii: "{"): return try object(depth)
            case UInt8(ascii: "["): return try array(depth)
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return .number(try number())
            }
        }

        private mutating func word(_ word: String, _ value: ExactJSON) throws(Malformed) -> ExactJSON {
            guard bytes[offset...].starts(with: word.utf8) else { throw malformed }
            offset += word.utf8.count
            return value
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: character) else { return false }
            offset += 1
            return true
        }

        private mutating func object(_ depth: Int) throws(Malformed) -> ExactJSON {
            offset += 1
            var members: [Member] = []
            skipBlanks()
            if take("}") { return .object([]) }
            repeat {
                skipBlanks()
                let name = try string()
                skipBlanks()
                guard take(":") else { throw malformed }
                members.append(Member(name, try value(depth: depth + 1)))
                skipBlanks()
            } while take(",")
            guard take("}") else { throw malformed }
            return .object(members)
        }

        private mutating func array(_ depth: Int) throws(Malformed) -> ExactJSON {
            offset += 1
            var values: [ExactJSON] = []
            skipBlanks()
            if take("]") { return .array([]) }
            repeat {
                values.append(try value(depth: depth + 1))
                skipBlanks()
            } while take(",")
            guard take("]") else { throw malformed }
            return .array(values)
        }

        private mutating func number() throws(Malformed) -> String {
            let start = offset
            _ = take("-")
            if !take("0") { try digits() }
            if take(".") { try digits() }
            if take("e") || take("E") {
                if !take("+") { _ = take("-") }
                try digits()
            }
            return String(decoding: bytes[start..<offset], as: UTF8.self)
        }

        private mutating func digits() throws(Malformed) {
            let start = offset
            while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
            guard offset > start else { throw malformed }
        }

        private mutating func string() throws(Malformed) -> String {
            guard take("\"") else { throw malformed }
            var text: [UInt8] = []
            while let byte = next {
                switch byte {
                case UInt8(ascii: "\""):
                    offset += 1
                    return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    offset += 1
                    text += try escape()
                case 0..<0x20: throw malformed
                default:
                    text.append(byte)
                    offset += 1
                }
            }
            throw malformed
        }

        private mutating func escape() throws(Malformed) -> [UInt8] {
            guard let byte = next else { throw malformed }
            offset += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0C]
            case UInt8(ascii: "n"): return [0x0A]
            case UInt8(ascii: "r"): return [0x0D]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "u"): return try unicode()
            default: throw malformed
            }
        }

        private mutating func unicode() throws(Malformed) -> [UInt8] {
            var units = [try hexadecimal()]
            // Two halves of one character.
            if (0xD800..<0xDC00).contains(units[0]), bytes[offset...].starts(with: "\\u".utf8) {
                let start = offset
                offset += 2
                let second = try hexadecimal()
                if (0xDC00..<0xE000).contains(second) { units.append(second) } else { offset = start }
            }
            return Array(String(decoding: units, as: UTF16.self).utf8)
        }

        private mutating func hexadecimal() throws(Malformed) -> UInt16 {
            let digits = bytes[offset...].prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw malformed }
            offset += 4
            return unit
        }
    }
}

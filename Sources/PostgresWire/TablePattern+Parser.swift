extension TablePattern {
    /// Reads identifiers by the lexical rules of PostgreSQL, with `*` as an extra letter outside quotes.
    struct Parser {
        private let bytes: [UInt8]
        private var position = 0

        init(_ text: String) {
            let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
            bytes = Array(text.utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        }

        var isAtEnd: Bool { position == bytes.count }

        mutating func dot() throws(Invalid) {
            guard position < bytes.count, bytes[position] == UInt8(ascii: ".") else {
                throw Invalid(description: "a dot is expected after a name in double quotes")
            }
            position += 1
        }

        mutating func identifier() throws(Invalid) -> Identifier {
            guard position < bytes.count else { throw Invalid(description: "a name is missing") }
            let identifier = bytes[position] == UInt8(ascii: "\"") ? try quoted() : try unquoted()
            let length = identifier.pieces.reduce(0) { $0 + $1.count }
            if length > TablePattern.maximumIdentifierLength {
                throw Invalid(
                    description: "a name has \(length) bytes; PostgreSQL keeps \(TablePattern.maximumIdentifierLength)"
                )
            }
            return identifier
        }

        private mutating func quoted() throws(Invalid) -> Identifier {
            position += 1
            var name: [UInt8] = []
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: "\"") {
                    guard position < bytes.count, bytes[position] == byte else {
                        if name.isEmpty { throw Invalid(description: "a name in double quotes is empty") }
                        return Identifier(pieces: [name])
                    }
                    position += 1
                }
                if byte == 0 { throw Invalid(description: "a name contains a zero byte") }
                name.append(byte)
            }
            throw Invalid(description: "the closing double quote is missing")
        }

        private mutating func unquoted() throws(Invalid) -> Identifier {
            var pieces: [[UInt8]] = [[]]
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: ".") {
                let byte = bytes[position]
                switch byte {
                case UInt8(ascii: "*"):
                    pieces.append([])
                case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    pieces[pieces.count - 1].append(byte | 0x20)
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 0x80...:
                    pieces[pieces.count - 1].append(byte)
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "$"):
                    if position == start { throw Invalid(description: Self.quoteIt("begins with a digit or $")) }
                    pieces[pieces.count - 1].append(byte)
                default:
                    throw Invalid(description: Self.quoteIt("has a character other than letters, digits, _ and $"))
                }
                position += 1
            }
            if position == start { throw Invalid(description: "a name is missing") }
            return Identifier(pieces: pieces)
        }

        private static func quoteIt(_ reason: String) -> String {
            "a name \(reason); put it in double quotes, as in SQL: '\"odd-name\"'"
        }
    }
}

/// A table as SQL names it, or several with the wildcard `*`.
///
/// `invoices` is `public.invoices`; `Billing.Invoices` folds to lower case; `"Odd Name"` is taken literally, asterisks
/// included; `billing.*` is every table of a schema. Names compare as bytes, as PostgreSQL does.
public struct TablePattern: Sendable, Hashable {
    /// The schema of a name that has none.
    public static let defaultSchema = "public"

    /// The longest identifier in bytes (`NAMEDATALEN - 1`); PostgreSQL cuts longer ones silently.
    public static let maximumIdentifierLength = 63

    /// One identifier, cut at its wildcards: a single piece is an exact name.
    struct Identifier: Sendable, Hashable {
        var pieces: [[UInt8]]
        var isExact: Bool { pieces.count == 1 }
    }

    let schema: Identifier
    let table: Identifier

    /// Why a text is no table pattern.
    public struct Invalid: Error, Hashable, CustomStringConvertible {
        /// One sentence without a final full stop.
        public let description: String
    }

    /// Reads a name as SQL writes it.
    public init(_ text: String) throws(Invalid) {
        var parser = Parser(text)
        let first = try parser.identifier()
        if parser.isAtEnd {
            schema = Identifier(pieces: [Array(Self.defaultSchema.utf8)])
            table = first
            return
        }
        try parser.dot()
        schema = first
        table = try parser.identifier()
        if !parser.isAtEnd {
            throw Invalid(description: "too many parts: write table or schema.table, and quote odd names")
        }
    }

    /// Names one table exactly, without parsing.
    public init(schema: String, table: String) {
        self.init(
            schema: Identifier(pieces: [Array(schema.utf8)]),
            table: Identifier(pieces: [Array(table.utf8)])
        )
    }

    /// Names all tables of a schema.
    public static func everyTable(of schema: String) -> TablePattern {
        TablePattern(schema: Identifier(pieces: [Array(schema.utf8)]), table: Identifier(pieces: [[], []]))
    }

    private init(schema: Identifier, table: Identifier) {
        self.schema = schema
        self.table = table
    }

    /// The one table this names, or nil if there is a wildcard.
    public var exactName: (schema: String, table: String)? {
        guard schema.isExact, table.isExact else { return nil }
        return (String(decoding: schema.pieces[0], as: UTF8.self), String(decoding: table.pieces[0], as: UTF8.self))
    }

    /// Whether the table is among those named.
    public func matches(schema: String, table: String) -> Bool {
        self.table.matches(table) && self.schema.matches(schema)
    }
}

// MARK: - Matching

extension TablePattern.Identifier {
    /// Whether a name is one of those meant; without a copy of it where there is no wildcard, as settings may name
    /// thousands of tables that each are compared with.
    func matches(_ name: String) -> Bool {
        guard isExact else { return matches(Array(name.utf8)) }
        return pieces[0].count == name.utf8.count && pieces[0].elementsEqual(name.utf8)
    }

    /// Finds the pieces one after the other; the first must begin the name and the last must end it.
    func matches(_ name: [UInt8]) -> Bool {
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else { return pieces.first == name }
        guard name.count >= first.count + last.count, name.starts(with: first), name.suffix(last.count) == last[...]
        else { return false }
        var rest = name[first.count..<(name.count - last.count)]
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let end = Self.end(of: piece, in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func end(of piece: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var start = bytes.startIndex
        while start + piece.count <= bytes.endIndex {
            if bytes[start..<(start + piece.count)] == piece[...] { return start + piece.count }
            start += 1
        }
        return nil
    }
}

// MARK: - Printing

extension TablePattern: CustomStringConvertible {
    /// Schema and table as SQL writes them, quoted where needed.
    public var description: String { "\(schema).\(table)" }
}

extension TablePattern.Identifier: CustomStringConvertible {
    var description: String {
        let texts = pieces.map { String(decoding: $0, as: UTF8.self) }
        guard isExact else { return texts.joined(separator: "*") }
        let plain = texts[0].utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 0x80...: true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "$"): index > 0
            default: false
            }
        }
        if plain && !texts[0].isEmpty { return texts[0] }
        return "\"" + texts[0].split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

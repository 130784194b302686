/// One piece of an XML document.
public enum XMLEvent: Sendable {
    /// A start tag, by its local name.
    case start(String)
    /// Text, with its references resolved.
    case text(String)
    /// An end tag, by its local name.
    case end(String)
}

/// Reads XML piece by piece: the small part of it that services send, and nothing that can grow.
///
///     document = (declaration | comment | element)*
///     element  = "<" name attributes ">" (text | reference | CDATA | comment | element)* "</" name ">"
///
/// A document type is refused, and with it every entity but the five of XML itself and character numbers. Attributes
/// are passed over. The size and the depth are limited.
public struct XMLReader {
    /// Deeper than any answer of a service.
    private static let depthLimit = 32

    private let bytes: [UInt8]
    private var position = 0
    private var open: [String] = []
    /// The end tag that a tag like `<Key/>` still owes.
    private var pendingEnd: String?

    /// Makes a reader; throws `invalidResponse` if there are more than `sizeLimit` bytes.
    public init(_ bytes: [UInt8], sizeLimit: Int) throws(AWSError) {
        guard bytes.count <= sizeLimit else {
            throw AWSError(.invalidResponse, detail: "an XML answer has more than \(sizeLimit) bytes")
        }
        self.bytes = bytes
    }

    /// Returns the next piece, or nil after the last.
    public mutating func next() throws(AWSError) -> XMLEvent? {
        if let name = pendingEnd {
            pendingEnd = nil
            return .end(name)
        }
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else {
                let text = try readText()
                if !open.isEmpty { return .text(text) }
                guard text.allSatisfy({ $0.isWhitespace || $0 == "\u{FEFF}" }) else { throw malformed("text outside") }
                continue
            }
            if try skipMarkup() { continue }
            if starts("<![CDATA[") { return .text(try readCharacterData()) }
            return try readTag()
        }
        guard open.isEmpty else { throw malformed("it ends early") }
        return nil
    }

    // MARK: - Pieces

    /// Passes over a declaration or a comment.
    private mutating func skipMarkup() throws(AWSError) -> Bool {
        if starts("<?") {
            try skip(past: "?>")
            return true
        }
        if starts("<!--") {
            try skip(past: "-->")
            return true
        }
        if starts("<!") && !starts("<![CDATA[") { throw malformed("it has a document type") }
        return false
    }

    private mutating func readTag() throws(AWSError) -> XMLEvent {
        position += 1
        let isEnd = position < bytes.count && bytes[position] == UInt8(ascii: "/")
        if isEnd { position += 1 }
        let name = try readLocalName()
        let isEmpty = try skipAttributes()
        if isEnd {
            guard let expected = open.popLast(), expected == name else { throw malformed("an end tag is out of place") }
            return .end(name)
        }
        if isEmpty {
            pendingEnd = name
        } else {
            guard open.count < Self.depthLimit else { throw malformed("it is nested too deeply") }
            open.append(name)
        }
        return .start(name)
    }

    private mutating func readLocalName() throws(AWSError) -> String {
        let start = position
        while position < bytes.count, !Self.endsName(bytes[position]) { position += 1 }
        let local = bytes[start..<position].split(separator: UInt8(ascii: ":")).last ?? []
        guard !local.isEmpty, local.count <= 128 else { throw malformed("a tag has no name") }
        return String(decoding: local, as: UTF8.self)
    }

    /// Passes over the rest of a tag; true if it is empty (`/>`).
    private mutating func skipAttributes() throws(AWSError) -> Bool {
        var quote: UInt8?
        var last: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return last == UInt8(ascii: "/")
            }
            last = byte
        }
        throw malformed("it ends inside a tag")
    }

    private mutating func readText() throws(AWSError) -> String {
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "&") {
                text += try readReference()
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func readCharacterData() throws(AWSError) -> String {
        guard !open.isEmpty else { throw malformed("text outside") }
        let start = position + "<![CDATA[".utf8.count
        try skip(past: "]]>")
        return String(decoding: bytes[start..<(position - 3)], as: UTF8.self)
    }

    private mutating func readReference() throws(AWSError) -> [UInt8] {
        // The longest reference that means anything is `&#x10FFFF;`.
        guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
            throw malformed("a reference has no end")
        }
        let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        position = end + 1
        switch name {
        case "amp": return [UInt8(ascii: "&")]
        case "lt": return [UInt8(ascii: "<")]
        case "gt": return [UInt8(ascii: ">")]
        case "quot": return [UInt8(ascii: "\"")]
        case "apos": return [UInt8(ascii: "'")]
        default: break
        }
        let isHexadecimal = name.hasPrefix("#x")
        let digits = name.dropFirst(isHexadecimal ? 2 : 1)
        guard name.hasPrefix("#"), let number = UInt32(digits, radix: isHexadecimal ? 16 : 10),
            let scalar = Unicode.Scalar(number)
        else { throw malformed("it has a reference of its own") }
        return Array(String(Character(scalar)).utf8)
    }

    // MARK: - Bytes

    private func starts(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        return bytes[position..<(position + count)].elementsEqual(text.description.utf8)
    }

    private mutating func skip(past text: StaticString) throws(AWSError) {
        while position < bytes.count {
            if starts(text) {
                position += text.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw malformed("it ends early")
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "<")
    }

    private func malformed(_ reason: String) -> AWSError {
        AWSError(.invalidResponse, detail: "an XML answer cannot be read: \(reason), at byte \(position)")
    }
}

/// Hides passwords in texts that are about to be shown.
///
/// Types that hold secrets print none in the first place; this is the second line of defence, for texts that come from
/// elsewhere: a mistyped argument, a value in the wrong place of a file, a message of a C library.
public enum Redaction {
    /// What stands in place of a secret.
    public static let mark = "<redacted>"

    /// Replaces the password of each `scheme://user:password@host` and the value of each `password=` by ``mark``.
    public static func redacted(_ text: String) -> String {
        guard text.contains("://") || text.contains("=") else { return text }
        var bytes = Array(text.utf8)
        hideUserPasswords(in: &bytes)
        hidePasswordOptions(in: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hideUserPasswords(in bytes: inout [UInt8]) {
        var position = 0
        while let scheme = index(of: "://", in: bytes, from: position) {
            let start = scheme + 3
            position = start
            let end = bytes[start...].firstIndex { $0 <= 0x20 } ?? bytes.endIndex
            // The last @ counts: a password may hold further ones that should have been encoded.
            guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
                let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
            else { continue }
            bytes.replaceSubrange((colon + 1)..<at, with: mark.utf8)
            position = colon + 1 + mark.utf8.count
        }
    }

    private static func hidePasswordOptions(in bytes: inout [UInt8]) {
        var position = 0
        while let keyword = index(of: "password", in: bytes, from: position) {
            position = keyword + 8
            var start = position
            while start < bytes.count, bytes[start] == 0x20 { start += 1 }
            guard start < bytes.count, bytes[start] == UInt8(ascii: "=") else { continue }
            start += 1
            while start < bytes.count, bytes[start] == 0x20 { start += 1 }
            let end = endOfValue(in: bytes, from: start)
            bytes.replaceSubrange(start..<end, with: mark.utf8)
            position = start + mark.utf8.count
        }
    }

    private static func endOfValue(in bytes: [UInt8], from start: Int) -> Int {
        guard start < bytes.count else { return start }
        guard bytes[start] == UInt8(ascii: "'") else {
            return bytes[start...].firstIndex { isBlankOrQuote($0) || $0 == UInt8(ascii: "&") } ?? bytes.endIndex
        }
        var end = start + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "'") {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(end + 1, bytes.count)
    }

    private static func isBlankOrQuote(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    private static func index(of word: StaticString, in bytes: [UInt8], from start: Int) -> Int? {
        let word = Array(word.description.utf8)
        var position = start
        while position + word.count <= bytes.count {
            let isEqual = word.indices.allSatisfy { index in
                let byte = bytes[position + index]
                return word[index] == ((0x41...0x5a).contains(byte) ? byte | 0x20 : byte)
            }
            if isEqual { return position }
            position += 1
        }
        return nil
    }
}

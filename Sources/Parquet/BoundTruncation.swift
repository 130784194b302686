/// Shortens the bounds of long values for statistics and page index.
///
/// A lower bound may be any prefix; an upper bound is a prefix with its last character or byte increased. Where none
/// can be there is no upper bound: a whole value may be too long for a reader of the footer.
enum BoundTruncation {
    /// Bytes that a bound keeps: 64, as arrow-rs and parquet-java have it.
    static let byteCount = 64

    /// The lower bound and whether it is exact.
    static func lower(_ value: [UInt8], isText: Bool) -> (bytes: [UInt8], isExact: Bool) {
        guard value.count > byteCount else { return (value, true) }
        let cut = isText ? characterStart(value, atOrBefore: byteCount) : byteCount
        return (Array(value[..<cut]), false)
    }

    /// The upper bound and whether it is exact; `nil` if no value of this length is above the given one.
    static func upper(_ value: [UInt8], isText: Bool) -> (bytes: [UInt8], isExact: Bool)? {
        guard value.count > byteCount else { return (value, true) }
        let increased = isText ? increasedText(value) : increasedBytes(value)
        return increased.map { ($0, false) }
    }

    private static func increasedBytes(_ value: [UInt8]) -> [UInt8]? {
        var end = byteCount
        while end > 0, value[end - 1] == 0xff { end -= 1 }
        guard end > 0 else { return nil }
        return Array(value[..<(end - 1)]) + [value[end - 1] + 1]
    }

    /// Increases the last character that has a successor of the same length, so that the text stays valid UTF-8.
    private static func increasedText(_ value: [UInt8]) -> [UInt8]? {
        var end = characterStart(value, atOrBefore: byteCount)
        while end > 0 {
            let start = characterStart(value, atOrBefore: end - 1)
            let character = String(decoding: value[start..<end], as: UTF8.self)
            // What is no UTF-8 would not be decoded as it is.
            if character.utf8.elementsEqual(value[start..<end]), let scalar = character.unicodeScalars.first,
                let next = successor(of: scalar)
            {
                let bytes = Array(String(next).utf8)
                if bytes.count == end - start { return Array(value[..<start]) + bytes }
            }
            end = start
        }
        return nil
    }

    private static func successor(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
        // The surrogates are no characters.
        scalar.value == 0xd7ff ? Unicode.Scalar(0xe000) : Unicode.Scalar(scalar.value + 1)
    }

    private static func characterStart(_ value: [UInt8], atOrBefore position: Int) -> Int {
        var start = position
        while start > 0, start < value.count, value[start] & 0xc0 == 0x80 { start -= 1 }
        return start
    }
}

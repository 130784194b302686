/// Decimal numbers as exact text, with as many digits behind the point as their scale says.
enum DecimalText {
    /// The greatest scale that is written out; beyond it an exponent stands in place of the zeros.
    private static let writtenScale = 1_000
    /// The most bytes that a number is worked out from: 2,466 digits, far beyond what any writer has.
    private static let maximumByteCount = 1_024

    /// The text of `value` times 10 to the power of `-scale`.
    static func text(_ value: some BinaryInteger, scale: Int) -> String {
        text(digits: String(value.magnitude), isNegative: value < 0, scale: scale)
    }

    /// The text of a big endian number in two's complement.
    ///
    /// - Returns: `nil` for no bytes, and for more than any decimal has.
    static func text(_ bytes: RawSpan, scale: Int) -> String? {
        guard !bytes.isEmpty, bytes.byteCount <= maximumByteCount else { return nil }
        let isNegative = unsafe bytes.unsafeLoad(fromByteOffset: 0, as: Int8.self) < 0
        guard bytes.byteCount > 16 else {
            var value: Int128 = isNegative ? -1 : 0
            for index in bytes.byteOffsets {
                value = unsafe value << 8 | Int128(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
            }
            return text(value, scale: scale)
        }
        return text(digits: digits(ofMagnitude: bytes, isNegative: isNegative), isNegative: isNegative, scale: scale)
    }

    private static func text(digits: String, isNegative: Bool, scale: Int) -> String {
        let sign = isNegative ? "-" : ""
        guard scale > 0 else { return sign + digits }
        guard scale <= writtenScale else { return "\(sign)\(digits)E-\(scale)" }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
        return "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }

    /// Nine digits at a time, by dividing the whole number again and again.
    private static func digits(ofMagnitude bytes: RawSpan, isNegative: Bool) -> String {
        var words = magnitude(bytes, isNegative: isNegative)[...]
        var groups: [String] = []
        while !words.isEmpty {
            var remainder: UInt64 = 0
            for index in words.indices {
                let dividend = remainder << 32 | UInt64(words[index])
                words[index] = UInt32(truncatingIfNeeded: dividend / 1_000_000_000)
                remainder = dividend % 1_000_000_000
            }
            groups.append(String(remainder))
            words = words.drop { $0 == 0 }
        }
        let first = groups.popLast() ?? "0"
        return groups.reversed().reduce(first) { text, group in
            text + String(repeating: "0", count: 9 - group.utf8.count) + group
        }
    }

    /// The number without its sign, in words of 32 bits, the most significant first and not zero.
    private static func magnitude(_ bytes: RawSpan, isNegative: Bool) -> [UInt32] {
        var words: [UInt32] = []
        var end = bytes.byteCount
        var carry: UInt64 = isNegative ? 1 : 0
        while end > 0 {
            var word: UInt32 = isNegative ? .max : 0
            for index in max(0, end - 4)..<end {
                word = unsafe word << 8 | UInt32(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
            }
            carry += UInt64(isNegative ? ~word : word)
            words.append(UInt32(truncatingIfNeeded: carry))
            carry >>= 32
            end -= 4
        }
        return Array(words.reversed().drop { $0 == 0 })
    }
}

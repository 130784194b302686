import Bytes

/// Brings the text of a `numeric` into its binary form (PostgreSQL source, `set_var_from_str`).
enum NumericText {
    /// Decimal digits of one digit of the wire.
    private static let groupWidth = 4

    /// Appends a value; `false` if the text is no number as PostgreSQL prints it.
    static func append(_ text: Span<UInt8>, to out: ByteBuffer) -> Bool {
        if let sign = special(text) {
            // The server's infinities come with a scale.
            append(digitCount: 0, weight: 0, sign: sign, scale: sign == 0xc000 ? 0 : 0x20, to: out)
            return true
        }
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        var point = text.count
        for index in start..<max(start, text.count) {
            if text[index] == UInt8(ascii: "."), point == text.count {
                point = index
            } else if TextForm.decimalDigit(text[index]) == nil {
                return false
            }
        }
        let wholeCount = point - start
        let fractionCount = max(0, text.count - point - 1)
        guard wholeCount + fractionCount > 0, fractionCount <= 0x3fff else { return false }
        let wholeGroups = (wholeCount + groupWidth - 1) / groupWidth
        let fractionGroups = (fractionCount + groupWidth - 1) / groupWidth
        func group(_ index: Int) -> UInt16 {
            var value: UInt16 = 0
            for place in 0..<groupWidth {
                // Counted from the decimal point.
                let position = (index - wholeGroups) * groupWidth + place
                var digit: UInt8 = 0
                if position < 0, position >= -wholeCount {
                    digit = text[point + position] - UInt8(ascii: "0")
                } else if position >= 0, position < fractionCount {
                    digit = text[point + 1 + position] - UInt8(ascii: "0")
                }
                value = value * 10 + UInt16(digit)
            }
            return value
        }
        var first = 0
        var end = wholeGroups + fractionGroups
        while first < end, group(first) == 0 { first += 1 }
        while end > first, group(end - 1) == 0 { end -= 1 }
        guard let digitCount = Int16(exactly: end - first), let weight = Int16(exactly: wholeGroups - first - 1) else {
            return false
        }
        let isZero = digitCount == 0
        append(
            digitCount: digitCount,
            weight: isZero ? 0 : weight,
            sign: isNegative && !isZero ? 0x4000 : 0,
            scale: UInt16(fractionCount),
            to: out
        )
        for index in first..<end { out.appendLittleEndian(group(index).byteSwapped) }
        return true
    }

    private static func special(_ text: Span<UInt8>) -> UInt16? {
        switch text.count {
        case 3 where text[0] == UInt8(ascii: "N"): 0xc000
        case 8 where text[0] == UInt8(ascii: "I"): 0xd000
        case 9 where text[1] == UInt8(ascii: "I"): 0xf000
        default: nil
        }
    }

    private static func append(digitCount: Int16, weight: Int16, sign: UInt16, scale: UInt16, to out: ByteBuffer) {
        out.appendLittleEndian(digitCount.byteSwapped)
        out.appendLittleEndian(weight.byteSwapped)
        out.appendLittleEndian(sign.byteSwapped)
        out.appendLittleEndian(scale.byteSwapped)
    }
}

public import Bytes

/// Floating point numbers as PostgreSQL prints them: the fewest digits that read back as the same value.
public enum FloatText {
    /// Appends a `double precision`.
    public static func append(_ value: Double, to out: ByteBuffer) {
        let isNormal = value.exponentBitPattern > 0
        let interval = RoundingInterval(
            significand: value.significandBitPattern | (isNormal ? 1 << 52 : 0),
            exponent: Int(max(1, value.exponentBitPattern)) - 1_075,
            isNarrowBelow: value.significandBitPattern == 0 && value.exponentBitPattern > 1
        )
        append(value, description: value.description, interval, plainDigits: 15, to: out)
    }

    /// Appends a `real`.
    public static func append(_ value: Float, to out: ByteBuffer) {
        let isNormal = value.exponentBitPattern > 0
        let interval = RoundingInterval(
            significand: UInt64(value.significandBitPattern) | (isNormal ? 1 << 23 : 0),
            exponent: Int(max(1, value.exponentBitPattern)) - 150,
            isNarrowBelow: value.significandBitPattern == 0 && value.exponentBitPattern > 1
        )
        append(Double(value), description: value.description, interval, plainDigits: 6, to: out)
    }

    /// Swift finds the shortest digits too, and nearly always the same; the notation differs (PostgreSQL source, `d2s.c`,
    /// `f2s.c`).
    private static func append(
        _ value: Double,
        description: String,
        _ interval: RoundingInterval,
        plainDigits: Int,
        to out: ByteBuffer
    ) {
        if value.isNaN { return out.append(Array("NaN".utf8)) }
        if value.sign == .minus { out.append(UInt8(ascii: "-")) }
        if value.isInfinite { return out.append(Array("Infinity".utf8)) }
        if value == 0 { return out.append(UInt8(ascii: "0")) }
        var digits = FloatDigits(description)
        // Swift takes digits half-way between two values for the one to which they are rounded; PostgreSQL does not rely
        // on how they will be rounded.
        if interval.hasEnd(digits.value, digits.lastPower) {
            for count in digits.count + 1...max(digits.count + 1, 17) {
                digits = FloatDigits(value, count: count)
                if !interval.hasEnd(digits.value, digits.lastPower) { break }
            }
        }
        append(digits, plainDigits: plainDigits, to: out)
    }

    private static func append(_ digits: FloatDigits, plainDigits: Int, to out: ByteBuffer) {
        let (count, exponent) = (digits.count, digits.exponent)
        if exponent < -4 || exponent >= plainDigits {
            digits.append(0..<1, to: out)
            if count > 1 { out.append(UInt8(ascii: ".")) }
            digits.append(1..<count, to: out)
            out.append(UInt8(ascii: "e"))
            out.append(UInt8(ascii: exponent < 0 ? "-" : "+"))
            IntegerText.append(UInt64(exponent.magnitude), width: 2, to: out)
        } else if exponent < 0 {
            out.append(UInt8(ascii: "0"))
            out.append(UInt8(ascii: "."))
            for _ in 1..<(-exponent) { out.append(UInt8(ascii: "0")) }
            digits.append(0..<count, to: out)
        } else {
            let whole = min(count, exponent + 1)
            digits.append(0..<whole, to: out)
            for _ in whole..<(exponent + 1) { out.append(UInt8(ascii: "0")) }
            if count > whole { out.append(UInt8(ascii: ".")) }
            digits.append(whole..<count, to: out)
        }
    }
}

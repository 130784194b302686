public import Bytes

/// Floating point numbers as PostgreSQL prints them: the fewest digits that read back as the same value.
public enum FloatText {
    /// Appends a `double precision`.
    public static func append(_ value: Double, to out: ByteBuffer) {
        append(value.description, isNaN: value.isNaN, isInfinite: value.isInfinite, plainDigits: 15, to: out)
    }

    /// Appends a `real`.
    public static func append(_ value: Float, to out: ByteBuffer) {
        append(value.description, isNaN: value.isNaN, isInfinite: value.isInfinite, plainDigits: 6, to: out)
    }

    /// Swift finds the same shortest digits; only the notation differs (PostgreSQL source, `d2s.c`, `f2s.c`).
    private static func append(
        _ description: String,
        isNaN: Bool,
        isInfinite: Bool,
        plainDigits: Int,
        to out: ByteBuffer
    ) {
        if isNaN { return out.append(Array("NaN".utf8)) }
        var digits = Digits(description)
        if digits.isNegative { out.append(UInt8(ascii: "-")) }
        if isInfinite { return out.append(Array("Infinity".utf8)) }
        digits.normalize()
        let (count, exponent) = (digits.count, digits.exponent)
        if count == 0 { return out.append(UInt8(ascii: "0")) }
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

    /// The significant digits of a description like `-12.5e-07`, and the power of ten of the first one.
    private struct Digits {
        /// More than a description of 64 bits has before its exponent.
        private var values = InlineArray<40, UInt8>(repeating: 0)
        private var start = 0
        private var end = 0
        private(set) var exponent = 0
        let isNegative: Bool

        init(_ description: String) {
            var point: Int?
            var hasMark = false
            var power = 0
            var isPowerNegative = false
            let text = description.utf8
            isNegative = text.first == UInt8(ascii: "-")
            for byte in text {
                switch byte {
                case UInt8(ascii: "."): point = end
                case UInt8(ascii: "e"): hasMark = true
                case UInt8(ascii: "-"): isPowerNegative = hasMark
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    if hasMark {
                        power = power * 10 + Int(byte - UInt8(ascii: "0"))
                    } else if end < values.count {
                        values[end] = byte
                        end += 1
                    }
                default: break
                }
            }
            exponent = (point ?? end) - 1 + (isPowerNegative ? -power : power)
        }

        var count: Int { end - start }

        /// Takes off the zeros at both ends.
        mutating func normalize() {
            while start < end, values[start] == UInt8(ascii: "0") {
                start += 1
                exponent -= 1
            }
            while end > start, values[end - 1] == UInt8(ascii: "0") { end -= 1 }
        }

        func append(_ range: Range<Int>, to out: ByteBuffer) {
            for index in range { out.append(values[start + index]) }
        }
    }
}

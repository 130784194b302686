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
        var text = Array(description.utf8)
        if text.first == UInt8(ascii: "-") {
            out.append(UInt8(ascii: "-"))
            text.removeFirst()
        }
        if isInfinite { return out.append(Array("Infinity".utf8)) }
        var exponent = 0
        if let mark = text.firstIndex(of: UInt8(ascii: "e")) {
            exponent = Int(String(decoding: text[(mark + 1)...], as: UTF8.self)) ?? 0
            text.removeSubrange(mark...)
        }
        let point = text.firstIndex(of: UInt8(ascii: ".")) ?? text.count
        exponent += point - 1
        var digits = text.filter { $0 != UInt8(ascii: ".") }
        while digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits == [UInt8(ascii: "0")] { return out.append(digits) }
        if exponent < -4 || exponent >= plainDigits {
            appendScientific(digits, exponent, to: out)
        } else if exponent < 0 {
            out.append(Array("0.".utf8) + [UInt8](repeating: UInt8(ascii: "0"), count: -exponent - 1) + digits)
        } else if digits.count <= exponent + 1 {
            out.append(digits + [UInt8](repeating: UInt8(ascii: "0"), count: exponent + 1 - digits.count))
        } else {
            out.append(Array(digits[...exponent]) + [UInt8(ascii: ".")] + Array(digits[(exponent + 1)...]))
        }
    }

    private static func appendScientific(_ digits: [UInt8], _ exponent: Int, to out: ByteBuffer) {
        out.append(digits[0])
        if digits.count > 1 { out.append([UInt8(ascii: ".")] + digits[1...]) }
        let magnitude = String(abs(exponent))
        out.append(Array((exponent < 0 ? "e-" : "e+").utf8))
        out.append(Array((magnitude.utf8.count < 2 ? "0" + magnitude : magnitude).utf8))
    }
}

public import Bytes

/// Integers, and decimals that are integers times a power of ten, in decimal digits.
public enum IntegerText {
    /// Appends an integer as PostgreSQL prints it.
    public static func append(_ value: Int64, to out: ByteBuffer) {
        if value < 0 { out.append(UInt8(ascii: "-")) }
        append(value.magnitude, width: 1, to: out)
    }

    /// Appends a number without a sign, with zeros before it where it has fewer digits than `width`.
    public static func append(_ value: UInt64, width: Int, to out: ByteBuffer) {
        var count = 1
        var limit: UInt64 = 10
        while value >= limit {
            count += 1
            guard count < 20 else { break }
            limit &*= 10
        }
        let total = max(count, width)
        let start = unsafe out.reserve(total)
        var rest = value
        for index in stride(from: total - 1, through: 0, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            unsafe start.storeBytes(
                of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit),
                toByteOffset: index,
                as: UInt8.self
            )
            rest = quotient
        }
        out.advance(by: total)
    }

    /// Appends a `numeric` that has a scale.
    ///
    /// - Parameters:
    ///   - value: The number times 10 to the power of `scale`.
    ///   - scale: How many decimals it has, 0 or more.
    ///   - out: Takes the text.
    public static func append(_ value: Int128, scale: Int, to out: ByteBuffer) {
        if value < 0 { out.append(UInt8(ascii: "-")) }
        appendDigits(value.magnitude, width: scale + 1, to: out)
        guard scale > 0 else { return }
        _ = unsafe out.reserve(1)
        let point = unsafe out.base + (out.count - scale)
        unsafe (point + 1).copyMemory(from: point, byteCount: scale)
        unsafe point.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
        out.advance(by: 1)
    }

    private static func appendDigits(_ value: UInt128, width: Int, to out: ByteBuffer) {
        if let short = UInt64(exactly: value) { return append(short, width: width, to: out) }
        let (high, low) = value.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
        appendDigits(high, width: width - 18, to: out)
        append(UInt64(truncatingIfNeeded: low), width: 18, to: out)
    }
}

public import Bytes

/// A `numeric` as the wire has it.
///
/// ```
/// numeric  digitCount:Int16 weight:Int16 sign:UInt16 displayScale:UInt16 digit:UInt16*
/// ```
/// Digits are base 10,000, the first one worth `10000^weight` (PostgreSQL source, `numeric_send`).
@safe
public struct NumericValue {
    /// What stands in place of a sign for values that are no numbers.
    public enum Special: Sendable {
        case notANumber, infinity, negativeInfinity
    }

    private let digits: UnsafeRawPointer
    private let digitCount: Int
    private let weight: Int
    private let displayScale: Int
    /// Whether the value is below zero.
    public let isNegative: Bool
    /// Not a number but something else.
    public let special: Special?

    /// Reads a cell.
    ///
    /// - Returns: `nil` if the bytes are not a numeric.
    @inlinable
    public init?(_ cell: UnsafeRawPointer, byteCount: Int) {
        guard byteCount >= 8 else { return nil }
        unsafe self.init(header: cell, byteCount: byteCount)
    }

    @usableFromInline
    init?(header cell: UnsafeRawPointer, byteCount: Int) {
        digitCount = unsafe Int(Int16(bigEndian: cell.loadUnaligned(as: Int16.self)))
        weight = unsafe Int(Int16(bigEndian: cell.loadUnaligned(fromByteOffset: 2, as: Int16.self)))
        let sign = unsafe UInt16(bigEndian: cell.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        displayScale = unsafe Int(UInt16(bigEndian: cell.loadUnaligned(fromByteOffset: 6, as: UInt16.self)))
        unsafe digits = unsafe cell + 8
        guard digitCount >= 0, byteCount == 8 + 2 * digitCount, displayScale <= 0x3fff else { return nil }
        isNegative = sign == 0x4000
        switch sign {
        case 0, 0x4000: special = nil
        case 0xc000: special = .notANumber
        case 0xd000: special = .infinity
        case 0xf000: special = .negativeInfinity
        default: return nil
        }
    }

    /// The value times `10^scale`, or `nil` if that is no integer or too large.
    public func scaled(by scale: Int) -> Int128? {
        guard special == nil else { return nil }
        guard digitCount > 0 else { return 0 }
        // The power of ten that the last digit still lacks.
        let shift = 4 * (weight - digitCount + 1) + scale
        guard shift > -4, shift <= 38 else { return nil }
        var total: Int128 = 0
        for index in 0..<(digitCount - 1) {
            let (product, overflow) = total.multipliedReportingOverflow(by: 10_000)
            if overflow { return nil }
            let (sum, carry) = product.addingReportingOverflow(Int128(digit(index)))
            if carry { return nil }
            total = sum
        }
        let last = digit(digitCount - 1)
        let (factor, tail): (Int128, Int)
        if shift >= 0 {
            (factor, tail) = (10_000, last)
        } else {
            let divisor = Self.smallPowers[-shift]
            guard last % divisor == 0 else { return nil }
            (factor, tail) = (Int128(10_000 / divisor), last / divisor)
        }
        let (product, overflow) = total.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        let (sum, carry) = product.addingReportingOverflow(Int128(tail))
        if carry { return nil }
        total = sum
        for _ in 0..<max(0, shift) {
            let (product, overflow) = total.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            total = product
        }
        return isNegative ? -total : total
    }

    /// The text that PostgreSQL prints.
    public func appendText(to out: ByteBuffer) {
        switch special {
        case .notANumber: return out.append(Array("NaN".utf8))
        case .infinity: return out.append(Array("Infinity".utf8))
        case .negativeInfinity: return out.append(Array("-Infinity".utf8))
        case nil: break
        }
        if isNegative { out.append(UInt8(ascii: "-")) }
        if weight < 0 {
            out.append(UInt8(ascii: "0"))
        } else {
            for index in 0...weight { append(digit(index), isFirst: index == 0, to: out) }
        }
        guard displayScale > 0 else { return }
        out.append(UInt8(ascii: "."))
        var missing = displayScale
        var index = weight + 1
        while missing > 0 {
            let four = index >= 0 ? digit(index) : 0
            for divisor in Self.smallPowers.prefix(4).reversed().prefix(missing) {
                out.append(UInt8(ascii: "0") + UInt8(four / divisor % 10))
            }
            missing -= 4
            index += 1
        }
    }

    private func append(_ four: Int, isFirst: Bool, to out: ByteBuffer) {
        var started = !isFirst
        for divisor in Self.smallPowers.prefix(4).reversed() {
            let decimal = four / divisor % 10
            if decimal != 0 || started || divisor == 1 {
                out.append(UInt8(ascii: "0") + UInt8(decimal))
                started = true
            }
        }
    }

    private func digit(_ index: Int) -> Int {
        guard index < digitCount else { return 0 }
        return unsafe Int(UInt16(bigEndian: digits.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
    }

    private static let smallPowers = [1, 10, 100, 1_000, 10_000]
}

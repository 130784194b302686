import Bytes
import Glibc

/// The significant digits of a number that is not 0, and the power of ten of the first one.
struct FloatDigits {
    /// More than a description has before its exponent.
    private var digits = InlineArray<40, UInt8>(repeating: 0)
    private var start = 0
    private var end = 0
    private(set) var exponent = 0

    /// Reads a text like `-12.5e-07`; its sign is left aside.
    init(_ text: String) {
        var point: Int?
        var hasMark = false
        var power = 0
        var isPowerNegative = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."): point = end
            case UInt8(ascii: "e"): hasMark = true
            case UInt8(ascii: "-"): isPowerNegative = hasMark
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if hasMark {
                    power = power * 10 + Int(byte - UInt8(ascii: "0"))
                } else if end < digits.count {
                    digits[end] = byte
                    end += 1
                }
            default: break
            }
        }
        exponent = (point ?? end) - 1 + (isPowerNegative ? -power : power)
        while start < end, digits[start] == UInt8(ascii: "0") {
            start += 1
            exponent -= 1
        }
        while end > start, digits[end - 1] == UInt8(ascii: "0") { end -= 1 }
    }

    /// The number of so many digits that is nearest to a value.
    init(_ value: Double, count: Int) {
        let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            unsafe withVaList([value]) { arguments in
                _ = unsafe vsnprintf(buffer.baseAddress, buffer.count, "%.\(count - 1)e", arguments)
            }
            return unsafe String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        self.init(text)
    }

    /// How many there are.
    var count: Int { end - start }

    /// The digits as an integer; of more than 19 digits something else.
    var value: UInt64 {
        var value: UInt64 = 0
        for index in start..<end { value = value &* 10 &+ UInt64(digits[index] &- UInt8(ascii: "0")) }
        return value
    }

    /// The power of ten of the last one.
    var lastPower: Int { exponent - count + 1 }

    /// Appends some of the digits.
    func append(_ range: Range<Int>, to out: ByteBuffer) {
        for index in range { out.append(digits[start + index]) }
    }
}

/// The numbers that are rounded to a binary floating point number.
struct RoundingInterval {
    /// The number is this times 2 to the power of ``exponent``.
    var significand: UInt64
    var exponent: Int
    /// Whether the number below is only half as far away as the one above.
    var isNarrowBelow: Bool

    /// The powers of ten that the last digit may have of at most 17 digits that are an end of an interval: more fives than
    /// these the significand does not hold, or the digits do not.
    private static let powers = -2...27

    /// Whether a decimal number is exactly half-way to one of the neighbours, and would be rounded to this number.
    ///
    /// - Parameters:
    ///   - digits: The number is this times 10 to the power of `power`; at most 17 digits.
    ///   - power: The power.
    /// - Returns: Whether it is one of the ends of the interval, and within.
    func hasEnd(_ digits: UInt64, _ power: Int) -> Bool {
        // What is half-way is rounded to what is even.
        guard significand & 1 == 0, Self.powers.contains(power) else { return false }
        if Self.isEqual(digits, power, 2 * significand + 1, exponent - 1) { return true }
        return isNarrowBelow
            ? Self.isEqual(digits, power, 4 * significand - 1, exponent - 2)
            : Self.isEqual(digits, power, 2 * significand - 1, exponent - 1)
    }

    /// Whether `digits * 10^power` is `odd * 2^exponent`: what is left of both when powers of two are taken off.
    private static func isEqual(_ digits: UInt64, _ power: Int, _ odd: UInt64, _ exponent: Int) -> Bool {
        // Fives that would make a fraction of one side stand on the other.
        var (left, right) = (UInt128(digits), UInt128(odd))
        for _ in 0..<power.magnitude {
            let (product, overflow) = (power > 0 ? left : right).multipliedReportingOverflow(by: 5)
            if overflow { return false }
            if power > 0 { left = product } else { right = product }
        }
        let zeros = left.trailingZeroBitCount
        return zeros + power == exponent && left >> zeros == right
    }
}

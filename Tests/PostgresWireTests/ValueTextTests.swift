import Bytes
import PostgresWire
import Testing

@Suite
struct CalendarTextTests {
    @Test(arguments: [
        (0, "1970-01-01"), (10_957, "2000-01-01"), (-719_162, "0001-01-01"), (-719_163, "0001-12-31 BC"),
        (-719_528, "0001-01-01 BC"), (-719_529, "0002-12-31 BC"), (2_932_896, "9999-12-31"),
        (2_932_897, "10000-01-01"), (106_751_991, "294247-01-10"), (-2_440_588, "4714-11-24 BC"),
        (2_145_042_905, "5874897-12-31"), (11_016, "2000-02-29"), (-25_508, "1900-03-01"),
    ])
    func `dates are printed as PostgreSQL prints them`(days: Int, text: String) {
        #expect(printed { CalendarText.appendDate(days, to: $0) } == text)
    }

    @Test(
        arguments: [
            (0, false, "2000-01-01 00:00:00"), (1, true, "2000-01-01 00:00:00.000001+00"),
            (-1, false, "1999-12-31 23:59:59.999999"), (500_000, true, "2000-01-01 00:00:00.5+00"),
            (9_223_371_331_199_999_999, false, "294276-12-31 23:59:59.999999"),
            (-211_813_488_000_000_000, true, "4714-11-24 00:00:00+00 BC"),
            (-63_082_281_600_000_000, false, "0001-01-01 00:00:00"),
            (-63_082_281_600_000_001, false, "0001-12-31 23:59:59.999999 BC"),
        ] as [(Int64, Bool, String)]
    )
    func `timestamps are printed as PostgreSQL prints them`(microseconds: Int64, isUTC: Bool, text: String) {
        #expect(printed { CalendarText.appendTimestamp(microseconds, isUTC: isUTC, to: $0) } == text)
    }

    @Test(
        arguments: [
            (0, "00:00:00"), (86_400_000_000, "24:00:00"), (86_399_999_999, "23:59:59.999999"), (10, "00:00:00.00001"),
            (3_661_100_000, "01:01:01.1"),
        ] as [(Int64, String)]
    )
    func `times have as many decimals as they need`(microseconds: Int64, text: String) {
        #expect(printed { CalendarText.appendTime(microseconds, to: $0) } == text)
    }

    @Test
    func `days and dates are each other's inverse from 4800 BC to 12000 AD`() {
        for days in stride(from: -2_472_632, through: 3_663_000, by: 97) {
            let (year, month, day) = CalendarText.civil(days)
            #expect(CalendarText.days(year: year, month: month, day: day) == days)
            #expect((1...12).contains(month) && (1...31).contains(day))
        }
    }

    @Test
    func `no microsecond count traps`() {
        for value in [Int64.min, .min + 1, .max, .max - 1] {
            #expect(!printed { CalendarText.appendTimestamp(value, isUTC: true, to: $0) }.isEmpty)
            #expect(!printed { CalendarText.appendTime(value, to: $0) }.isEmpty)
        }
    }
}

@Suite
struct FloatTextTests {
    @Test(
        arguments: [
            (0.0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e15, "1e+15"),
            (1e14, "100000000000000"),
            (123_456_789_012_345, "123456789012345"), (1_234_567_890_123_456, "1.234567890123456e+15"),
            (0.0001, "0.0001"), (0.00001, "1e-05"), (1.25e-7, "1.25e-07"), (1e100, "1e+100"),
            (.leastNonzeroMagnitude, "5e-324"),
            (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (.nan, "NaN"), (.infinity, "Infinity"),
            (-.infinity, "-Infinity"), (0.30000000000000004, "0.30000000000000004"), (100, "100"),
            // Half-way between two values.
            (1e23, "9.999999999999999e+22"), (-1e23, "-9.999999999999999e+22"), (9.5e22, "9.5e+22"),
            (9_007_199_254_740_992, "9.007199254740992e+15"), (0x1p-1074, "5e-324"),
            (0x1p1023, "8.98846567431158e+307"),
        ] as [(Double, String)]
    )
    func `double precision is printed as PostgreSQL prints it`(value: Double, text: String) {
        #expect(printed { FloatText.append(value, to: $0) } == text)
    }

    @Test(
        arguments: [
            (0.1, "0.1"), (1e6, "1e+06"), (999_999, "999999"), (123_456.7, "123456.7"), (1_234_567, "1.234567e+06"),
            (-.infinity, "-Infinity"), (.nan, "NaN"), (.leastNonzeroMagnitude, "1e-45"),
            (3.4028235e38, "3.4028235e+38"), (-0.0, "-0"), (16_777_216, "1.6777216e+07"), (33_554_432, "3.3554432e+07"),
            (0x1p100, "1.2676506e+30"),
        ] as [(Float, String)]
    )
    func `real is printed as PostgreSQL prints it`(value: Float, text: String) {
        #expect(printed { FloatText.append(value, to: $0) } == text)
    }
}

@Suite
struct IntegerTextTests {
    @Test(
        arguments: [
            (0, 0, "0"), (7, 0, "7"), (-1, 2, "-0.01"), (5, 3, "0.005"), (-1_234_567, 2, "-12345.67"), (100, 2, "1.00"),
            (Int128(Int64.min), 0, "-9223372036854775808"), (Int128(UInt64.max) + 1, 4, "1844674407370955.1616"),
            (Int128("99999999999999999999999999999999999999"), 19, "9999999999999999999.9999999999999999999"),
            (Int128("-10000000000000000000000000000000000000"), 38, "-0.10000000000000000000000000000000000000"),
            (Int128("1000000000000000000000000000000000000"), 0, "1000000000000000000000000000000000000"),
            (.min, 0, "-170141183460469231731687303715884105728"),
        ] as [(Int128?, Int, String)]
    )
    func `decimals have all of their digits`(value: Int128?, scale: Int, text: String) throws {
        let value = try #require(value)
        #expect(printed { IntegerText.append(value, scale: scale, to: $0) } == text)
    }

    @Test(
        arguments: [(0, "0"), (-1, "-1"), (.max, "9223372036854775807"), (.min, "-9223372036854775808")]
            as [(Int64, String)]
    )
    func `integers are printed to their ends`(value: Int64, text: String) {
        #expect(printed { IntegerText.append(value, to: $0) } == text)
    }

    @Test
    func `numbers are padded to a width`() {
        #expect(printed { IntegerText.append(7 as UInt64, width: 3, to: $0) } == "007")
        #expect(printed { IntegerText.append(1_000 as UInt64, width: 3, to: $0) } == "1000")
        #expect(printed { IntegerText.append(UInt64.max, width: 22, to: $0) } == "0018446744073709551615")
    }
}

@Suite
struct NumericValueTests {
    private static let special: [(UInt16, String)] = [(0xc000, "NaN"), (0xd000, "Infinity"), (0xf000, "-Infinity")]

    @Test(
        arguments: [
            ([], 0, 0, 0, "0"), ([], 0, 0, 3, "0.000"), ([1], 0, 0, 0, "1"), ([1], 0, 0x4000, 2, "-1.00"),
            ([1234], -2, 0, 8, "0.00001234"), ([1234], -1, 0, 4, "0.1234"), ([1, 2345], 1, 0, 0, "12345"),
            ([1], 2, 0, 0, "100000000"), ([1, 5000], 0, 0, 1, "1.5"), ([1, 5000], 0, 0, 6, "1.500000"),
            ([12, 3456, 7890], 1, 0, 4, "123456.7890"), ([1], -3, 0, 12, "0.000000000001"),
            ([7], 1, 0, 5, "70000.00000"),
            ([10], 0, 0, 0, "10"),
        ] as [([UInt16], Int16, UInt16, UInt16, String)]
    )
    func `the text is that of PostgreSQL`(
        digits: [UInt16],
        weight: Int16,
        sign: UInt16,
        displayScale: UInt16,
        text: String
    ) throws {
        let cell = numeric(digits, weight, sign, displayScale)
        try cell.withUnsafeBytes { bytes in
            let start = try #require(bytes.baseAddress)
            let value = try #require(NumericValue(start, byteCount: bytes.count))
            #expect(printed { value.appendText(to: $0) } == text)
        }
    }

    @Test(arguments: special)
    func `what is no number has a text but no scaled value`(sign: UInt16, text: String) throws {
        let cell = numeric([], 0, sign, 0)
        try cell.withUnsafeBytes { bytes in
            let start = try #require(bytes.baseAddress)
            let value = try #require(NumericValue(start, byteCount: bytes.count))
            #expect(printed { value.appendText(to: $0) } == text)
            #expect(value.scaled(by: 0) == nil)
        }
    }

    @Test(
        arguments: [
            ([1, 5000], 0, 0, 1, 15), ([1, 5000], 0, 0x4000, 2, -150), ([1, 5000], 0, 0, 0, nil), ([], 0, 0, 10, 0),
            ([1234], -2, 0, 8, 1_234), ([1234], -2, 0, 7, nil), ([1230], -2, 0, 7, 123), ([1], 2, 0, 0, 100_000_000),
            (
                [99, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999], 9, 0, 0,
                Int128("99999999999999999999999999999999999999")
            ),
            // 2^127 - 1, and what lies just above it.
            ([170, 1411, 8346, 469, 2317, 3168, 7303, 7158, 8410, 5727], 9, 0, 0, Int128.max),
            ([170, 1411, 8346, 469, 2317, 3168, 7303, 7158, 8410, 5728], 9, 0, 0, nil),
            ([170, 1411, 8346, 469, 2317, 3168, 7303, 7158, 8410, 9999], 9, 0x4000, 0, nil),
            ([170, 1411, 8346, 469, 2317, 3168, 7303, 7158, 8410, 9999, 1], 10, 0, 0, nil),
            ([1], 32_767, 0, 0, nil), ([1], -32_768, 0, 38, nil), ([1], 9, 0, 3, nil),
        ] as [([UInt16], Int16, UInt16, Int, Int128?)]
    )
    func `a scaled value is exact or absent`(
        digits: [UInt16],
        weight: Int16,
        sign: UInt16,
        scale: Int,
        expected: Int128?
    ) throws {
        let cell = numeric(digits, weight, sign, 0)
        try cell.withUnsafeBytes { bytes in
            let start = try #require(bytes.baseAddress)
            let value = try #require(NumericValue(start, byteCount: bytes.count))
            #expect(value.scaled(by: scale) == expected)
        }
    }

    @Test(
        arguments: [
            [0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0x80, 0, 0, 0],
            [0xff, 0xff, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0x40, 0],
        ] as [[UInt8]]
    )
    func `malformed cells are no numerics`(cell: [UInt8]) throws {
        try cell.withUnsafeBytes { bytes in
            let start = try #require(bytes.baseAddress)
            #expect(NumericValue(start, byteCount: bytes.count) == nil)
        }
    }
}

private func printed(_ write: (ByteBuffer) -> Void) -> String {
    let out = ByteBuffer()
    write(out)
    return String(decoding: out.copyBytes(), as: UTF8.self)
}

private func numeric(_ digits: [UInt16], _ weight: Int16, _ sign: UInt16, _ displayScale: UInt16) -> [UInt8] {
    ([UInt16(digits.count), UInt16(bitPattern: weight), sign, displayScale] + digits).flatMap {
        [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)]
    }
}

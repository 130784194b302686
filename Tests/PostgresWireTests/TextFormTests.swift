import Bytes
import PostgresWire
import Testing

/// The expected bytes are those of the type's send function in PostgreSQL 15, as in
/// `SELECT encode(numeric_send(-12345.6780), 'hex')`.
@Suite("Text brought into binary form")
struct TextFormTests {
    private static let ints = TextForm.array(.int32, delimiter: UInt8(ascii: ","))
    private static let texts = TextForm.array(.same, delimiter: UInt8(ascii: ","))
    private static let boxes = TextForm.wholeArray(delimiter: UInt8(ascii: ";"))

    private func binary(_ text: String, _ form: TextForm) -> String? {
        let out = ByteBuffer()
        guard form.append(Array(text.utf8).span, to: out) else { return nil }
        return Hexadecimal.string(out.copyBytes())
    }

    @Test(
        "the bytes are those that the server sends",
        arguments: [
            (TextForm.boolean, "t", "01"),
            (TextForm.boolean, "f", "00"),
            (.int16, "0", "0000"),
            (.int16, "-32768", "8000"),
            (.int16, "32767", "7fff"),
            (.int32, "-2147483648", "80000000"),
            (.int32, "2147483647", "7fffffff"),
            (.int32, "7", "00000007"),
            (.int64, "-9223372036854775808", "8000000000000000"),
            (.int64, "9223372036854775807", "7fffffffffffffff"),
            (.int64, "0", "0000000000000000"),
            (.float, "1.5", "3fc00000"),
            (.float, "-0", "80000000"),
            (.float, "NaN", "7fc00000"),
            (.float, "Infinity", "7f800000"),
            (.float, "-Infinity", "ff800000"),
            (.float, "3.4028235e+38", "7f7fffff"),
            (.float, "1e-45", "00000001"),
            (.float, "0.1", "3dcccccd"),
            (.double, "0.1", "3fb999999999999a"),
            (.double, "-0", "8000000000000000"),
            (.double, "NaN", "7ff8000000000000"),
            (.double, "Infinity", "7ff0000000000000"),
            (.double, "-Infinity", "fff0000000000000"),
            (.double, "1.7976931348623157e+308", "7fefffffffffffff"),
            (.double, "5e-324", "0000000000000001"),
            (.double, "123456789.12345679", "419d6f34547e6b75"),
            (.numeric, "0", "0000000000000000"),
            (.numeric, "0.00", "0000000000000002"),
            (.numeric, "1", "00010000000000000001"),
            (.numeric, "-12345.6780", "0003000140000004000109291a7c"),
            (.numeric, "10000", "00010001000000000001"),
            (.numeric, "100000000", "00010002000000000001"),
            (.numeric, "0.0001", "0001ffff000000040001"),
            (.numeric, "0.00001", "0001fffe0000000503e8"),
            (
                .numeric, "123456789012345678901234567890.123456789",
                "000b000700000009000c0d801ed204d2162e23340d801ed204d2162e2328"
            ),
            (.numeric, "NaN", "00000000c0000000"),
            (.numeric, "Infinity", "00000000d0000020"),
            (.numeric, "-Infinity", "00000000f0000020"),
            (.numeric, "-0.5", "0001ffff400000011388"),
            (.numeric, "9999", "0001000000000000270f"),
            (.numeric, "99999", "00020001000000000009270f"),
            (.numeric, "100000000000000000000000000000000000000000000000000", "0001000c000000000064"),
            (.numeric, "0.00000000000000000000000000000000000000000000000001", "0001fff3000000320064"),
            (.numeric, "1000000000000.00010", "000500030000000500010000000000000001"),
            (.date, "2025-01-01", "000023ac"),
            (.date, "0001-01-01 BC", "fff4da8b"),
            (.date, "4713-01-01 BC", "ffda97cd"),
            (.date, "5874897-12-31", "7fda970c"),
            (.date, "infinity", "7fffffff"),
            (.date, "-infinity", "80000000"),
            (.date, "1999-12-31", "ffffffff"),
            (.date, "2024-02-29", "00002279"),
            (.time, "00:00:00", "0000000000000000"),
            (.time, "24:00:00", "000000141dd76000"),
            (.time, "12:34:56.789", "0000000a8be62608"),
            (.time, "23:59:59.999999", "000000141dd75fff"),
            (.time, "00:00:00.000001", "0000000000000001"),
            (.timestamp, "2025-01-01 00:00:00", "0002cd987ed48000"),
            (.timestamp, "1999-12-31 23:59:59.999999", "ffffffffffffffff"),
            (.timestamp, "4713-01-01 00:00:00 BC", "fd0f7fbdaf17e000"),
            (.timestamp, "294276-12-31 23:59:59.999999", "7fffff5bb3b29fff"),
            (.timestamp, "infinity", "7fffffffffffffff"),
            (.timestamp, "-infinity", "8000000000000000"),
            (.timestamp, "0044-03-15 12:00:00.5 BC", "ff1af9e8fb4e7120"),
            (.timestamp, "2024-12-31 19:00:00+00", "0002cd944df24c00"),
            (.timestamp, "0044-03-15 12:00:00.5+00 BC", "ff1af9e8fb4e7120"),
            (.timestamp, "infinity", "7fffffffffffffff"),
            (.uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"),
            (.bytea, "\\x", ""),
            (.bytea, "\\x00ff10", "00ff10"),
            (.jsonb, "{\"a\": [1, null]}", "017b2261223a205b312c206e756c6c5d7d"),
            (ints, "{}", "000000000000000000000000"),
            (ints, "{1,NULL,-3}", "00000001000000000000000000000003000000010000000400000001ffffffff00000004fffffffd"),
            (
                ints, "{{1,2},{3,4}}",
                "000000020000000000000000000000020000000100000002000000010000000400000001000000040000000200000004000000030000000400000004"
            ),
            (ints, "[2:3]={7,8}", "000000010000000000000000000000020000000200000004000000070000000400000008"),
            (
                ints, "[-1:0][5:5]={{1},{2}}",
                "00000002000000000000000000000002ffffffff000000010000000500000004000000010000000400000002"
            ),
            (
                texts, "{a,\"\",\"NULL\",NULL,\"a,b\",\"q\\\"\\\\x\",\"{}\",\" b \"}",
                "0000000100000000000000000000000800000001000000016100000000000000044e554c4cffffffff00000003612c620000000471225c78000000027b7d00000003206220"
            ),
            (texts, "{{a},{b}}", "0000000200000000000000000000000200000001000000010000000100000001610000000162"),
            (.hstore, "", "00000000"),
            (.hstore, "\"a\"=>\"1\", \"b\"=>NULL", "00000002000000016100000001310000000162ffffffff"),
            (.hstore, "\"k \\\"q\\\" \\\\\"=>\"v, => w\"", "00000001000000076b20227122205c00000007762c203d3e2077"),
        ]
    )
    func sent(form: TextForm, text: String, expected: String) {
        #expect(binary(text, form) == expected)
    }

    @Test(
        "what is none of the type is refused",
        arguments: [
            (TextForm.boolean, ["", "true", "x"]),
            (.int16, ["", "-", "32768", "-32769", "1x", " 1", "+1"]),
            (.int32, ["2147483648", "-2147483649"]),
            (.int64, ["9223372036854775808", "-9223372036854775809", "99999999999999999999"]),
            (.float, ["", "1.5x", " ", "1,5"]),
            (.double, ["", "one", String(repeating: "1", count: 65)]),
            (.numeric, ["", "-", ".", "1.2.3", "1e5", "Nan!", "--1"]),
            (
                .date,
                [
                    "", "infinit", "2025-13-01", "2025-00-01", "2025-01-32", "2025-1-1", "25-01-01", "2025-01-01 AD",
                    "99999999-01-01",
                ]
            ),
            (.time, ["", "24:00:01", "12:60:00", "12:00", "12:00:00.", "12:00:00.1234567"]),
            (
                .timestamp,
                [
                    "2025-01-01", "2025-01-01T00:00:00", "2025-01-01 00:00:00+01", "2025-01-01 00:00:00 ",
                    "9999999-12-31 00:00:00",
                ]
            ),
            (
                .uuid,
                [
                    "", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
                    "a0eebc99-9c0b-4ef8-bb6d+6bb9bd380a11",
                ]
            ),
            (.bytea, ["", "\\", "\\x0", "x00", "\\xzz", "\\000"]),
            (
                ints,
                [
                    "", "{", "}", "{1", "1", "{{1},{2,3}}", "{{1}", "{1}}", "[1:1]{1}", "[1:1={1}", "[]={1}",
                    "{{{{{{{1}}}}}}}", "{x}", "{{1}2}", "[1:2][1:1]={1}",
                ]
            ),
            (texts, ["{\"a}", "{\"a\\"]),
            (.hstore, ["x", "\"a\"", "\"a\"=>", "\"a\"=>1", "\"a\"=>\"b\",\"c\"=>\"d\"", "\"a\"=>\"b"]),
        ]
    )
    func refused(form: TextForm, examples: [String]) {
        for text in examples { #expect(binary(text, form) == nil, "\(text)") }
    }

    @Test("bytes of any kind never trap")
    func mutated() {
        let forms: [TextForm] = [
            .boolean, .int16, .int64, .double, .numeric, .date, .time, .timestamp, .uuid, .bytea, .jsonb, Self.ints,
            Self.texts, Self.boxes, .hstore, .array(.array(.timestamp, delimiter: 44), delimiter: 44),
        ]
        let alphabet = Array("{}[]:=,;\"\\-+.0123456789 BCNULLinfinityx>aT".utf8)
        var state: UInt64 = 7
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let out = ByteBuffer()
        for _ in 0..<50_000 {
            let text = (0..<random(24)).map { _ in alphabet[random(alphabet.count)] }
            for form in forms {
                out.removeAll()
                _ = form.append(text.span, to: out)
            }
        }
    }
}

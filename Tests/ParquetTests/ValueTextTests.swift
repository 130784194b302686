import Bytes
import Columnar
import Parquet
import TestSupport
import Testing

@Suite("Values as text")
struct ValueTextTests {
    private func text(_ bytes: [UInt8], _ physicalType: PhysicalType, _ logicalType: LogicalType?) -> String? {
        ValueText(bytes.span.bytes, physicalType, logicalType)?.text
    }

    private func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    @Test(arguments: [
        (0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (-719_162, "0001-01-01"),
        (-719_163, "0000-12-31"), (-719_529, "-0001-12-31"), (2_932_896, "9999-12-31"), (2_932_897, "+10000-01-01"),
        (.max, "+5881580-07-11"), (.min, "-5877641-06-23"),
    ])
    func `days follow the Gregorian calendar, beyond four digits with a sign`(day: Int32, expected: String) {
        #expect(text(bytes(day), .int32, .date) == expected)
    }

    @Test
    func `instants have the decimals of their unit, and Z in UTC`() {
        let local = LogicalType.timestamp(unit: .milliseconds, isAdjustedToUTC: false)
        #expect(text(bytes(Int64(-1)), .int64, local) == "1969-12-31T23:59:59.999")
        #expect(text(bytes(Int64.min), .int64, local) == "-292275055-05-16T16:47:04.192")
        let instant = LogicalType.timestamp(unit: .nanoseconds, isAdjustedToUTC: true)
        #expect(text(bytes(Int64.max), .int64, instant) == "2262-04-11T23:47:16.854775807Z")
        #expect(text(bytes(Int64.min), .int64, .time()) == "-2562047788:00:54.775807")
        #expect(text(bytes(Int64(86_400_000_000)), .int64, .time()) == "24:00:00.000000")
    }

    @Test
    func `the instants of INT96 are counted from their Julian day, whatever the nanoseconds`() {
        let type = PhysicalType.fixedLengthByteArray(12)
        #expect(
            text(bytes(Int64(1)) + bytes(Int32(2_440_588)), type, .int96Timestamp) == "1970-01-01T00:00:00.000000001"
        )
        #expect(
            text(bytes(Int64(-1)) + bytes(Int32(2_440_588)), type, .int96Timestamp) == "1969-12-31T23:59:59.999999999"
        )
        #expect(
            text(bytes(Int64.max) + bytes(Int32.max), type, .int96Timestamp)?.hasSuffix("T23:47:16.854775807") == true
        )
        #expect(text(bytes(Int64.min) + bytes(Int32.min), type, .int96Timestamp)?.hasPrefix("-") == true)
    }

    @Test
    func `decimals have all digits, whatever carries them`() {
        let money = LogicalType.decimal(precision: 9, scale: 2)
        #expect(text(bytes(Int32(-5)), .int32, money) == "-0.05")
        #expect(text(bytes(Int64.min), .int64, .decimal(precision: 18, scale: 0)) == "-9223372036854775808")
        #expect(text([0xff, 0x38], .byteArray, money) == "-2.00")
        #expect(text([0x80] + Array(repeating: 0, count: 15), .byteArray, money)?.hasSuffix("8841057.28") == true)
        #expect(text([], .byteArray, money) == "")
        #expect(text(bytes(Int32(7)), .int32, .decimal(precision: 9, scale: .max)) == "7E-9223372036854775807")
    }

    @Test
    func `numbers of any width are what repeated division finds`() {
        var random = SeededRandom(state: 3)
        for width in 17...40 {
            let value = (0..<width).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(text(value, .byteArray, .decimal(precision: 90, scale: 0)) == digits(value))
        }
        #expect(text(Array(repeating: 0xff, count: 17), .byteArray, .decimal(precision: 90, scale: 0)) == "-1")
        #expect(text(Array(repeating: 0, count: 17), .byteArray, .decimal(precision: 90, scale: 0)) == "0")
    }

    /// Digit by digit, from the front.
    private func digits(_ bytes: [UInt8]) -> String {
        let isNegative = bytes[0] >= 0x80
        var digits = [0]
        for byte in bytes {
            var carry = Int(isNegative ? ~byte : byte)
            for index in digits.indices {
                carry += digits[index] * 256
                digits[index] = carry % 10
                carry /= 10
            }
            while carry > 0 {
                digits.append(carry % 10)
                carry /= 10
            }
        }
        if isNegative {
            var index = 0
            while index < digits.count, digits[index] == 9 {
                digits[index] = 0
                index += 1
            }
            if index == digits.count { digits.append(1) } else { digits[index] += 1 }
        }
        return (isNegative ? "-" : "") + digits.reversed().map(String.init).joined()
    }

    @Test
    func `a value of the wrong width has no text, and a meaning that does not suit says nothing`() {
        #expect(text([1, 2, 3], .int32, nil) == nil)
        #expect(text([], .boolean, nil) == nil)
        #expect(text([1, 2, 3], .byteArray, .uuid) == "010203")
        #expect(text(bytes(Int64.max), .int64, .date) == "9223372036854775807")
        #expect(text([0xff, 0x61], .byteArray, .string) == "\u{fffd}a")
        #expect(text([], .byteArray, nil) == "")
    }

    @Test
    func `rows are JSON, with escapes for all that a terminal might obey`() {
        let schema = TableSchema(fields: [
            Field(name: "a\u{9b}", type: .leaf(.byteArray, .string)), Field(name: "b", type: .leaf(.int64, nil)),
        ])
        let batch = RowBatch(schema: schema)
        batch.columns[0].append("\u{1b}[31m \u{202e}\u{7f}é\"\\")
        batch.columns[1].append(Int64.max)
        batch.columns[0].appendNulls(1)
        batch.columns[1].append(Int64(-1))
        var rows = JSONRows(batch, names: schema.fields.map(\.name))
        let out = ByteBuffer()
        while !rows.isAtEnd { rows.append(to: out) }
        let expected =
            #"{"a\u009b":"\u001b[31m \u202e\u007fé\"\\","b":9223372036854775807}"# + #"{"a\u009b":null,"b":-1}"#
        #expect(String(decoding: out.bytes, as: UTF8.self) == expected)
    }

    @Test(.enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow to run this"))
    func `rows as JSON are what pyarrow reads, of every type`() async throws {
        let folder = try TemporaryFolder()
        let files: [(String, [UInt8])] = [
            ("values", try ValueTable.encode()),
            ("sample", try SampleTable(shape: .mixed, rowCount: 3_500).encode(codec: .snappy, hasDictionary: true)),
            ("nested", try NestedTable(rowCount: 500, seed: 5).encode(WriterOptions())),
        ]
        let pairs = try files.flatMap { name, file in
            let reader = try ParquetFileReader(MemoryByteSource(file))
            let out = ByteBuffer()
            for index in 0..<reader.rowGroupCount {
                var rows = JSONRows(try reader.readRowGroup(index), names: reader.schema.fields.map(\.name))
                while !rows.isAtEnd {
                    rows.append(to: out)
                    out.append(UInt8(ascii: "\n"))
                }
            }
            return [
                try folder.write("\(name).parquet", file), try folder.write("\(name).jsonl", out.copyBytes()),
            ]
        }
        #expect(try await Judge.runs("rows.py", pairs))
    }
}

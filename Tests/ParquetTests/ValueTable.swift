import Bytes
import Columnar
import Parquet

/// Values at the edges of every type, a column for each; Readers/rows.py says how they are written as text.
enum ValueTable {
    /// The schema of the columns.
    static let schema = TableSchema(fields: columns.map { Field(name: $0.name, type: $0.type) })

    /// The rows.
    static func batch() -> RowBatch {
        let batch = RowBatch(schema: schema)
        for (column, rule) in zip(batch.columns, columns) {
            for row in 0..<rowCount { rule.append(column, row) }
        }
        return batch
    }

    /// The whole file, in two row groups.
    static func encode() throws -> [UInt8] {
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: WriterOptions(codec: .zstd), to: sink)
        for _ in 0..<2 {
            try writer.append(batch())
            try writer.endRowGroup()
        }
        try writer.finish()
        return sink.bytes
    }

    /// As many as the longest column has values, and one more for NULL.
    static let rowCount = 9

    private struct Rule: Sendable {
        let name: String
        let type: ColumnType
        let append: @Sendable (Column, Int) -> Void

        init(_ name: String, _ type: ColumnType, _ append: @escaping @Sendable (Column, Int) -> Void) {
            self.name = name
            self.type = type
            self.append = append
        }

        /// The values one after another, and NULL behind them.
        init<Value: Sendable>(
            _ name: String,
            _ physicalType: PhysicalType,
            _ logicalType: LogicalType?,
            _ values: [Value],
            _ append: @escaping @Sendable (Column, Value) -> Void
        ) {
            self.init(name, .leaf(physicalType, logicalType)) { column, row in
                if row < values.count { append(column, values[row]) } else { column.appendNulls(1) }
            }
        }

        static func int32(_ name: String, _ type: LogicalType?, _ values: [Int32]) -> Rule {
            Rule(name, .int32, type, values) { $0.append($1) }
        }

        static func int64(_ name: String, _ type: LogicalType?, _ values: [Int64]) -> Rule {
            Rule(name, .int64, type, values) { $0.append($1) }
        }

        static func text(_ name: String, _ type: LogicalType, _ values: [String]) -> Rule {
            Rule(name, .byteArray, type, values) { $0.append($1) }
        }

        static func binary(_ name: String, _ type: LogicalType?, _ values: [[UInt8]]) -> Rule {
            Rule(name, .byteArray, type, values) { $0.append(binary: $1) }
        }

        static func fixed(_ name: String, _ width: Int, _ type: LogicalType?, _ values: [[UInt8]]) -> Rule {
            Rule(name, .fixedLengthByteArray(width), type, values) { $0.append(fixed: $1) }
        }

        static func decimal(_ name: String, byteCount: Int, _ digits: (Int, Int), _ values: [Int128]) -> Rule {
            let type = LogicalType.decimal(precision: digits.0, scale: digits.1)
            return Rule(name, .fixedLengthByteArray(byteCount), type, values) { column, value in
                // As many bytes of sign as the number lacks.
                let sign: UInt8 = value < 0 ? 0xff : 0
                let number = (0..<16).reversed().map { UInt8(truncatingIfNeeded: value >> Int128($0 * 8)) }
                column.append(fixed: Array(repeating: sign, count: max(0, byteCount - 16)) + number.suffix(byteCount))
            }
        }
    }

    private static let nines38: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
    private static let string = ColumnType.leaf(.byteArray, .string)
    private static let odd = "\"\\/\u{0}\u{1}\u{1f}\u{7f}\u{85}\u{202e}\u{2028}"
    private static let instants: [Int64] = [0, -1, 1, .min, .max, 1_795_428_930_123_456, -62_135_596_800_000_000]

    private static let columns: [Rule] = [
        Rule("boolean", .boolean, nil, [true, false]) { $0.append($1) },
        .int32("int8", .integer(bitWidth: 8), [.init(Int8.min), -1, 0, .init(Int8.max)]),
        .int32("int16", .integer(bitWidth: 16), [.init(Int16.min), 0, .init(Int16.max)]),
        .int32("int32", nil, [.min, -1, 0, .max]),
        .int64("int64", nil, [.min, -1, 0, 1 << 53 + 1, .max]),
        .int32("uint8", .integer(bitWidth: 8, isSigned: false), [0, 255]),
        .int32("uint16", .integer(bitWidth: 16, isSigned: false), [0, 65_535]),
        .int32("uint32", .integer(bitWidth: 32, isSigned: false), [0, -1, .min]),
        .int64("uint64", .integer(bitWidth: 64, isSigned: false), [0, -1, .min]),
        Rule(
            "float",
            .float,
            nil,
            [0.1, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 3.4028235e38, 16_777_216]
        ) {
            $0.append($1 as Float)
        },
        Rule(
            "double",
            .double,
            nil,
            [0.1, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e22]
        ) {
            $0.append($1 as Double)
        },
        .fixed(
            "half",
            2,
            .float16,
            [[0, 0], [0, 0x80], [0, 0x3c], [1, 0], [0xff, 0x7b], [0, 0x7c], [0, 0xfc], [1, 0x7e]]
        ),
        .int32("decimal 4", .decimal(precision: 9, scale: 2), [0, 1, -1, 999_999_999, -999_999_999, 100]),
        .int64("decimal 8", .decimal(precision: 18, scale: 18), [0, 1, -1, 999_999_999_999_999_999]),
        .decimal("decimal 16", byteCount: 16, (38, 10), [0, 1, -1, nines38, -nines38]),
        .decimal("decimal 32", byteCount: 32, (76, 0), [0, 1, -1, nines38, -nines38, .min]),
        .decimal("decimal 5", byteCount: 5, (11, 3), [0, -1, 99_999_999_999, -1_000]),
        .text("string", .string, ["", "a\tb\r\nc", odd, "é\u{301}", "👩‍👩‍👧", "null", " ", "\u{10ffff}"]),
        .text("json", .json, ["{\"a\": [1, null]}", "\"\"", "1"]),
        .text("enum", .enumeration, ["RED", "ö\n"]),
        .binary("bson", .bson, [[5, 0, 0, 0, 0]]),
        .binary("binary", nil, [[], [0], [0x61, 0xff]]),
        .fixed("fixed", 3, nil, [[0, 0, 0], [0xff, 0x10, 0x01]]),
        .fixed("uuid", 16, .uuid, [Array(0..<16), Array(repeating: 0xff, count: 16)]),
        .fixed(
            "interval",
            12,
            .interval,
            [
                Array(repeating: 0, count: 12), Array(repeating: 0xff, count: 12),
                [14, 0, 0, 0, 3, 0, 0, 0, 0xbc, 0x0b, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            ]
        ),
        .int32("date", .date, [0, -1, .min, .max, -719_162, 2_932_896, 2_932_897, 11_016]),
        .int32("time ms", .time(unit: .milliseconds), [0, 86_399_999, 36_930_001]),
        .int64("time us", .time(unit: .microseconds, isAdjustedToUTC: true), [0, 86_399_999_999, 1]),
        .int64("time ns", .time(unit: .nanoseconds), [0, 86_399_999_999_999, 1]),
        .int64("local ms", .timestamp(unit: .milliseconds, isAdjustedToUTC: false), instants),
        .int64("local us", .timestamp(unit: .microseconds, isAdjustedToUTC: false), instants),
        .int64("local ns", .timestamp(unit: .nanoseconds, isAdjustedToUTC: false), instants),
        .int64("UTC ms", .timestamp(unit: .milliseconds, isAdjustedToUTC: true), instants),
        .int64("UTC us", .timestamp(unit: .microseconds, isAdjustedToUTC: true), instants),
        .int64("UTC ns", .timestamp(unit: .nanoseconds, isAdjustedToUTC: true), instants),
        Rule("null", .leaf(.int32, .null)) { column, _ in column.appendNulls(1) },
        Rule("list", .list(string)) { column, row in
            if row == 8 { return column.appendNulls(1) }
            column.append(entryCount: row % 3)
            for entry in 0..<row % 3 {
                if entry == 1 { column.children[0].appendNulls(1) } else { column.children[0].append("\(row)\n") }
            }
        },
        Rule("map of text", .map(key: string, value: .list(.leaf(.int32, nil)))) { column, row in
            if row == 0 { return column.appendNulls(1) }
            column.append(entryCount: row % 3)
            for entry in 0..<row % 3 {
                column.children[0].append("\"\(entry)\"")
                column.children[1].append(entryCount: 1)
                column.children[1].children[0].append(Int32(row))
            }
        },
        Rule("map of days", .map(key: .leaf(.int32, .date), value: .leaf(.double, nil))) { column, row in
            column.append(entryCount: row % 2)
            if row % 2 == 1 {
                column.children[0].append(Int32(row))
                column.children[1].append(row == 1 ? .nan : 0.5)
            }
        },
        Rule(
            "structure",
            .structure([
                Field(name: "a \"quoted\" name", type: .leaf(.int64, nil)),
                Field(name: "inner", type: .structure([Field(name: "text", type: string, isNullable: false)])),
            ])
        ) { column, row in
            if row == 2 { return column.appendNulls(1) }
            column.append(structureCount: 1)
            column.children[0].append(Int64(row))
            if row == 3 { return column.children[1].appendNulls(1) }
            column.children[1].append(structureCount: 1)
            column.children[1].children[0].append("t\(row)")
        },
        .int32("wíth.dots \"and\" \u{1b}[31m", nil, [1]),
    ]
}

import Columnar
import Parquet

/// Values whose bounds are easily wrong, a column for each case; Readers/edges.py says what readers must find.
enum EdgeTable {
    /// The whole file: four rows in one row group.
    static func encode() throws -> [UInt8] {
        let schema = TableSchema(fields: columns.map { Field(name: $0.name, type: $0.type) })
        let batch = RowBatch(schema: schema)
        for (column, edge) in zip(batch.columns, columns) { edge.fill(column) }
        let options = WriterOptions(codec: .snappy)
        let scratch = PageScratch()
        let writer = try RowGroupWriter(schema: schema, options: options)
        try writer.append(batch, scratch: scratch)
        var file = FileFooter.magic
        let group = try writer.finish(scratch: scratch) { file += $0 }
        return file
            + FileFooter.encode(
                schema: schema,
                rowGroups: [(FileFooter.magic.count, group)],
                keyValueMetadata: [
                    ("sluice.lsn", "0/16B3748"), ("välue", "über"), ("empty", ""), ("json", "{\"a\":[1,2]}"),
                ],
                createdBy: "sluice version 0.0.0 (build test)",
                fileByteCount: file.count
            )
    }

    private struct Edge: Sendable {
        let name: String
        let type: ColumnType
        let fill: @Sendable (Column) -> Void

        init(_ name: String, _ type: ColumnType, _ fill: @escaping @Sendable (Column) -> Void) {
            self.name = name
            self.type = type
            self.fill = fill
        }

        /// One value a row, `nil` for NULL.
        init<Value: Sendable>(
            _ name: String,
            _ type: ColumnType,
            _ values: [Value?],
            _ append: @escaping @Sendable (Column, Value) -> Void
        ) {
            self.init(name, type) { column in
                for value in values {
                    if let value { append(column, value) } else { column.appendNulls(1) }
                }
            }
        }

        static func double(_ name: String, _ values: [Double?]) -> Edge {
            Edge(name, .leaf(.double, nil), values) { $0.append($1) }
        }

        static func single(_ name: String, _ values: [Float?]) -> Edge {
            Edge(name, .leaf(.float, nil), values) { $0.append($1) }
        }

        static func integer(_ name: String, _ values: [Int64?]) -> Edge {
            Edge(name, .leaf(.int64, nil), values) { $0.append($1) }
        }

        static func text(_ name: String, _ values: [String?]) -> Edge {
            Edge(name, .leaf(.byteArray, .string), values) { $0.append($1) }
        }

        static func binary(_ name: String, _ values: [[UInt8]?]) -> Edge {
            Edge(name, .leaf(.byteArray, nil), values) { $0.append(binary: $1) }
        }

        static func decimal(_ name: String, byteCount: Int, precision: Int, _ values: [Int128?]) -> Edge {
            let type = LogicalType.decimal(precision: precision, scale: 0)
            return Edge(name, .leaf(.fixedLengthByteArray(byteCount), type), values) {
                $0.append($1, byteCount: byteCount)
            }
        }
    }

    private static let nines20: Int128 = 99_999_999_999_999_999_999
    private static let nines38: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999

    private static let columns: [Edge] = [
        .double("zeros", [0, -0.0, 0, nil]),
        .single("zeros, single", [0, -0.0, 0, nil]),
        .double("zero", [0, 0, 0, 0]),
        .double("negative zero", [-0.0, nil, -0.0, -0.0]),
        .double("NaN alone", [.nan, nil, .nan, .nan]),
        .double("NaN and a number", [1.5, nil, .nan, 1.5]),
        .single("NaN and a number, single", [-1.5, nil, .nan, 2]),
        .double("infinities", [.infinity, -.infinity, 0, 1.5]),
        .double("negative infinity", [-.infinity, -.infinity, nil, nil]),
        .integer("extremes", [.max, .min, 0, nil]),
        Edge("true", .leaf(.boolean, nil), [true, nil, true, true]) { $0.append($1) },
        .text("empty text", ["", nil, "", ""]),
        .binary("empty binary", [[], nil, [0], []]),
        .text("64 bytes", [repeated("é", 32), nil, repeated("a", 64), "b"]),
        .text("long text", [repeated("é", 40), nil, repeated("a", 65), repeated("b", 99)]),
        .text("long minimum", [repeated("a", 65), "b", nil, nil]),
        .text("long maximum", ["a", "b" + repeated("\u{7f}", 62) + "éé", nil, nil]),
        .text("highest text", [repeated("\u{10ffff}", 20), "a", nil, nil]),
        .binary("long binary", [bytes(1, 70), bytes(2, 62) + bytes(0xff, 9), nil, [2]]),
        .binary("highest binary", [bytes(0xff, 65), [0x61], nil, nil]),
        .binary("high bytes", [[0x80], [0x7f], [0xff], []]),
        Edge("fixed bytes", .leaf(.fixedLengthByteArray(2), nil), [[0x80, 0], [0x7f, 0xff], [0xff, 0xff], nil]) {
            $0.append(fixed: $1)
        },
        Edge("decimal of 4 bytes", .leaf(.int32, .decimal(precision: 5, scale: 2)), [-100, 1, nil, -1] as [Int32?]) {
            $0.append($1)
        },
        .decimal("decimal of 9 bytes", byteCount: 9, precision: 20, [-1, nines20, -nines20, 0]),
        .decimal("decimal of 16 bytes", byteCount: 16, precision: 38, [-1, -nines38, -256, nil]),
        .integer("wíth.dots \"and\" spaces", [1, 2, 3, nil]),
    ]

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] { Array(repeating: byte, count: count) }
}

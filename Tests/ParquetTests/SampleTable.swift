import Bytes
import Columnar
import Parquet

/// Rows of every type that follow from their numbers alone; Readers/sample.py has the same rules.
struct SampleTable {
    enum Shape: String, CaseIterable {
        /// Every column has NULLs of its own, and a stretch of rows with nothing else.
        case mixed
        /// No column may be NULL.
        case required
        /// Nothing but NULL, the first column aside.
        case nulls
    }

    let shape: Shape
    let rowCount: Int

    private static let rowGroupRowCount = 3_000
    private static let pageRowCount = 700
    private static let pageByteCount = 20_000

    private typealias Rule = (name: String, type: ColumnType, append: @Sendable (Int, Int64, Column) -> Void)

    var schema: TableSchema {
        TableSchema(
            fields: Self.rules.map { rule in
                Field(name: rule.name, type: rule.type, isNullable: rule.name != "id" && shape != .required)
            }
        )
    }

    /// The whole file.
    func encode(codec: CompressionCodec, hasDictionary: Bool) throws -> [UInt8] {
        var options = WriterOptions(codec: codec)
        options.pageRowCount = Self.pageRowCount
        options.pageByteCount = Self.pageByteCount
        if !hasDictionary { options.dictionaryByteCount = 0 }
        let scratch = PageScratch()
        let writer = try RowGroupWriter(schema: schema, options: options)
        var file = FileFooter.magic
        var groups: [(offset: Int, metadata: RowGroupMetadata)] = []
        let batch = RowBatch(schema: schema)
        for row in 0..<rowCount {
            append(row, to: batch.columns)
            let isLastOfGroup = row == rowCount - 1 || (row + 1) % Self.rowGroupRowCount == 0
            // Batches that end in the middle of pages.
            if batch.rowCount == 130 || isLastOfGroup {
                try writer.append(batch, scratch: scratch)
                batch.removeAll()
            }
            if isLastOfGroup {
                let offset = file.count
                let metadata = try writer.finish(scratch: scratch) { file += $0 }
                // As it is kept until the footer is written; damaged metadata would leave the row group out.
                if let kept = RowGroupMetadata(encoded: metadata.encoded()[...]) { groups.append((offset, kept)) }
            }
        }
        return file
            + FileFooter.encode(
                schema: schema,
                rowGroups: groups,
                keyValueMetadata: [],
                createdBy: "sluice version 0.0.0 (build test)",
                fileByteCount: file.count
            )
    }

    /// All rows, as they are before they are written.
    func columns() -> [Column] {
        let batch = RowBatch(schema: schema)
        for row in 0..<rowCount { append(row, to: batch.columns) }
        return batch.columns
    }

    private func append(_ row: Int, to columns: [Column]) {
        let value = Int64(row) * 2_654_435_761 % 1_000_003 - 500_000
        for (index, column) in columns.enumerated() {
            let isNull =
                switch shape {
                case .mixed: (row + index) % 7 == 0 || (1_000..<2_500).contains(row)
                case .required: false
                case .nulls: true
                }
            if isNull, index > 0 {
                column.appendNulls(1)
            } else {
                Self.rules[index].append(row, value, column)
            }
        }
    }

    private static let decimal38 = ColumnType.leaf(.fixedLengthByteArray(16), .decimal(precision: 38, scale: 6))
    private static let string = ColumnType.leaf(.byteArray, .string)

    private static let rules: [Rule] = [
        ("id", .leaf(.int64, nil), { row, _, column in column.append(Int64(row)) }),
        ("flag", .leaf(.boolean, nil), { row, _, column in column.append(row % 3 == 0) }),
        ("tiny", .leaf(.int32, .integer(bitWidth: 8)), { _, value, column in column.append(Int32(value % 128)) }),
        ("short", .leaf(.int32, .integer(bitWidth: 16)), { _, value, column in column.append(Int32(value % 32_768)) }),
        ("int", .leaf(.int32, nil), { _, value, column in column.append(Int32(value * 400)) }),
        ("int32", .leaf(.int32, .integer(bitWidth: 32)), { _, value, column in column.append(Int32(-value * 400)) }),
        ("long", .leaf(.int64, nil), { _, value, column in column.append(value * 1_000_000_007) }),
        ("int64", .leaf(.int64, .integer(bitWidth: 64)), { _, value, column in column.append(-value * 1_000_000_007) }),
        ("real", .leaf(.float, nil), { row, value, column in column.append(row % 11 == 0 ? .nan : Float(value) / 4) }),
        (
            "double", .leaf(.double, nil),
            { row, value, column in column.append(row % 11 == 0 ? -0.0 : Double(value) / 8) }
        ),
        ("text", string, { row, value, column in column.append(String(repeating: "é", count: row % 50) + "\(value)") }),
        ("choice", string, { row, _, column in column.append(["", "red", "green", "blue"][row % 4]) }),
        ("json", .leaf(.byteArray, .json), { _, value, column in column.append("{\"a\": \(value)}") }),
        (
            "binary", .leaf(.byteArray, nil),
            { row, _, column in column.append(binary: Array(repeating: 0xff, count: row % 80) + [UInt8(row % 256)]) }
        ),
        (
            "fixed", .leaf(.fixedLengthByteArray(5), nil),
            { row, _, column in column.append(fixed: (1...5).map { UInt8(truncatingIfNeeded: row &* $0 &* 37) }) }
        ),
        (
            "uuid", .leaf(.fixedLengthByteArray(16), .uuid),
            { row, _, column in column.append(fixed: (0..<16).map { UInt8(truncatingIfNeeded: row &* ($0 + 3)) }) }
        ),
        ("day", .leaf(.int32, .date), { _, value, column in column.append(Int32(value % 100_000)) }),
        ("time", .leaf(.int64, .time()), { row, _, column in column.append(Int64(row) * 12_345_678 % 86_400_000_000) }),
        (
            "local", .leaf(.int64, .timestamp(isAdjustedToUTC: false)),
            { _, value, column in column.append(value * 60_000_000_123) }
        ),
        (
            "instant", .leaf(.int64, .timestamp(isAdjustedToUTC: true)),
            { _, value, column in column.append(value * 60_000_000_123) }
        ),
        (
            "d9", .leaf(.int32, .decimal(precision: 9, scale: 2)),
            { _, value, column in column.append(Int32(value * 400)) }
        ),
        (
            "d18", .leaf(.int64, .decimal(precision: 18, scale: 4)),
            { _, value, column in column.append(value * 1_000_000_007) }
        ),
        (
            "d20", .leaf(.fixedLengthByteArray(9), .decimal(precision: 20, scale: 0)),
            { _, value, column in column.append(Int128(value) * 10_000_000_000_000, byteCount: 9) }
        ),
        ("d38", decimal38, { _, value, column in column.append(wide(value), byteCount: 16) }),
        (
            "numbers", .list(.leaf(.int32, nil)),
            { row, _, column in elements(row, column) { $0.append(Int32(row * 10 + $1)) } }
        ),
        (
            "flags", .list(.leaf(.boolean, nil)),
            { row, _, column in elements(row, column) { $0.append((row + $1) % 3 == 0) } }
        ),
        ("words", .list(string), { row, _, column in elements(row, column) { $0.append("w\((row + $1) % 9)") } }),
        (
            "amounts", .list(decimal38),
            { row, value, column in elements(row, column) { $0.append(wide(value + Int64($1)), byteCount: 16) } }
        ),
        (
            "pairs", .map(key: string, value: string),
            { row, _, column in
                pairs(row, column, key: { $0.append("k\($1)") }, value: { column, _ in column.append("v\(row)") })
            }
        ),
        (
            "counts", .map(key: .leaf(.int64, nil), value: .leaf(.double, nil)),
            { row, value, column in
                pairs(
                    row,
                    column,
                    key: { $0.append(Int64($1 - 1)) },
                    value: { column, _ in column.append(Double(value) / 8) }
                )
            }
        ),
        (
            "nested", .list(.list(.leaf(.int64, nil))),
            { row, _, column in lists(row, column) { $0.append(Int64(row + $1)) } }
        ),
        (
            "phrases", .list(.list(string)),
            { row, _, column in
                lists(row, column) { column, inner in
                    if inner > 0, row % 5 == 0 { column.appendNulls(1) } else { column.append("p\(row % 40 + inner)") }
                }
            }
        ),
    ]

    private static func wide(_ value: Int64) -> Int128 { Int128(value) * 1_000_000_000_000_000_000_000_000 }

    private static func elements(_ row: Int, _ column: Column, _ append: (Column, Int) -> Void) {
        column.append(entryCount: row % 4)
        for element in 0..<(row % 4) {
            if (row + element) % 5 == 0 {
                column.children[0].appendNulls(1)
            } else {
                append(column.children[0], element)
            }
        }
    }

    private static func pairs(
        _ row: Int,
        _ column: Column,
        key: (Column, Int) -> Void,
        value: (Column, Int) -> Void
    ) {
        column.append(entryCount: row % 3)
        for entry in 0..<(row % 3) {
            key(column.children[0], entry)
            if row % 5 == 0 { column.children[1].appendNulls(1) } else { value(column.children[1], entry) }
        }
    }

    private static func lists(_ row: Int, _ column: Column, _ append: (Column, Int) -> Void) {
        let inner = column.children[0]
        column.append(entryCount: row % 3)
        for element in 0..<(row % 3) {
            if (row + element) % 4 == 0 {
                inner.appendNulls(1)
                continue
            }
            inner.append(entryCount: element)
            for index in 0..<element { append(inner.children[0], index) }
        }
    }
}

/// What the columns of the tests are filled with.
extension Column {
    /// Appends a big endian number.
    func append(_ value: Int128, byteCount: Int) {
        append(fixed: (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: value >> Int128($0 * 8)) })
    }
}

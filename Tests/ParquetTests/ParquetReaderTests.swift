import Bytes
import Columnar
import Glibc
import Parquet
import TestSupport
import Testing

private enum Python {
    static let variable = "SLUICE_TEST_PYTHON"

    static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Whether the tests run: also where Python is required and missing, so that they fail.
    static var isWanted: Bool {
        value(variable) != nil || value("CI") != nil || value("SLUICE_TEST_SERVERS") == "required"
    }

    static func run(_ arguments: [String]) throws -> Int32 {
        let python = try #require(value(variable), "\(variable) is not set, and servers are required")
        var strings = ([python] + arguments).map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        var process = pid_t()
        let spawned = posix_spawn(&process, python, nil, nil, &strings, environ)
        try #require(spawned == 0, "cannot start \(python)")
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

@Suite(
    "Parquet files as other readers see them",
    .enabled(if: Python.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow and duckdb to run these"),
    .serialized
)
struct ParquetReaderTests {
    private static let rowCount = 7_000
    private static let rowGroupRowCount = 3_000

    /// Row `i` of every column follows from `i`; the script has the same rules.
    private static let schema = TableSchema(fields: [
        Field(name: "id", type: .leaf(.int64, nil), isNullable: false),
        Field(name: "flag", type: .leaf(.boolean, nil)),
        Field(name: "short", type: .leaf(.int32, .integer(bitWidth: 16))),
        Field(name: "int", type: .leaf(.int32, nil)),
        Field(name: "long", type: .leaf(.int64, nil)),
        Field(name: "real", type: .leaf(.float, nil)),
        Field(name: "double", type: .leaf(.double, nil)),
        Field(name: "text", type: .leaf(.byteArray, .string)),
        Field(name: "choice", type: .leaf(.byteArray, .string)),
        Field(name: "json", type: .leaf(.byteArray, .json)),
        Field(name: "binary", type: .leaf(.byteArray, nil)),
        Field(name: "uuid", type: .leaf(.fixedLengthByteArray(16), .uuid)),
        Field(name: "day", type: .leaf(.int32, .date)),
        Field(name: "time", type: .leaf(.int64, .time)),
        Field(name: "local", type: .leaf(.int64, .timestamp(isAdjustedToUTC: false))),
        Field(name: "instant", type: .leaf(.int64, .timestamp(isAdjustedToUTC: true))),
        Field(name: "d9", type: .leaf(.int32, .decimal(precision: 9, scale: 2))),
        Field(name: "d18", type: .leaf(.int64, .decimal(precision: 18, scale: 4))),
        Field(name: "d38", type: .leaf(.fixedLengthByteArray(16), .decimal(precision: 38, scale: 6))),
        Field(name: "numbers", type: .list(.leaf(.int32, nil))),
        Field(name: "words", type: .list(.leaf(.byteArray, .string))),
        Field(name: "pairs", type: .map(key: .leaf(.byteArray, .string), value: .leaf(.byteArray, .string))),
        Field(name: "nested", type: .list(.list(.leaf(.int64, nil)))),
        Field(name: "nothing", type: .leaf(.byteArray, .string)),
    ])

    @Test(arguments: CompressionCodec.allCases, [false, true])
    func `pyarrow and DuckDB read what was written`(codec: CompressionCodec, hasDictionary: Bool) throws {
        var options = WriterOptions(codec: codec)
        options.pageRowCount = 700
        options.pageByteCount = 20_000
        if !hasDictionary { options.dictionaryByteCount = 0 }
        let scratch = PageScratch(options: options)
        let writer = RowGroupWriter(schema: Self.schema, options: options)
        var file = FileFooter.magic
        var groups: [(offset: Int, metadata: RowGroupMetadata)] = []
        let batch = RowBatch(schema: Self.schema)
        for row in 0..<Self.rowCount {
            Self.append(row, to: batch.columns)
            // Batches that end in the middle of pages.
            if batch.rowCount == 130 || row == Self.rowCount - 1 || (row + 1) % Self.rowGroupRowCount == 0 {
                try writer.append(batch, scratch: scratch)
                batch.removeAll()
            }
            if row == Self.rowCount - 1 || (row + 1) % Self.rowGroupRowCount == 0 {
                let offset = file.count
                groups.append((offset, try writer.finish(scratch: scratch) { file += $0 }))
            }
        }
        file += FileFooter.encode(
            schema: Self.schema,
            rowGroups: groups,
            keyValueMetadata: [("key", "välue")],
            createdBy: "sluice version 0.0.0 (build test)",
            fileByteCount: file.count
        )
        let folder = try TemporaryFolder()
        let path = try folder.write("file.parquet", file)
        let script = "\(#filePath)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let status = try Python.run(["\(script)/read_with_pyarrow_and_duckdb.py", path, "\(Self.rowCount)"])
        #expect(status == 0, "\(codec), dictionary: \(hasDictionary)")
    }

    @Test
    func `pyarrow and DuckDB read a file without rows`() throws {
        let file =
            FileFooter.magic
            + FileFooter.encode(
                schema: Self.schema,
                rowGroups: [],
                keyValueMetadata: [],
                createdBy: "x",
                fileByteCount: 4
            )
        let folder = try TemporaryFolder()
        let path = try folder.write("file.parquet", file)
        let script = "\(#filePath)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        #expect(try Python.run(["\(script)/read_with_pyarrow_and_duckdb.py", path, "0"]) == 0)
    }

    private static func append(_ row: Int, to columns: [Column]) {
        columns[0].append(Int64(row))
        let value = Int64(row) * 2_654_435_761 % 1_000_003 - 500_000
        for (index, column) in columns.enumerated().dropFirst() {
            // Every column has NULLs of its own, and a stretch of rows with nothing else.
            if (row + index) % 7 == 0 || (1_000..<2_500).contains(row) || index == columns.count - 1 {
                column.appendNulls(1)
            } else {
                append(row, value, index, to: column)
            }
        }
    }

    private static func append(_ row: Int, _ value: Int64, _ index: Int, to column: Column) {
        switch index {
        case 1:
            column.values.append(UInt8(row % 3 == 0 ? 1 : 0))
            column.validity.appendValues(1)
        case 2: column.append(Int32(value % 32_768))
        case 3, 16: column.append(Int32(value * 400))
        case 4, 17: column.append(value * 1_000_000_007)
        case 5: column.append(Int32(bitPattern: (row % 11 == 0 ? Float.nan : Float(value) / 4).bitPattern))
        case 6: column.append(Int64(bitPattern: (row % 11 == 0 ? -0.0 : Double(value) / 8).bitPattern))
        case 7: column.append(String(repeating: "é", count: row % 50) + "\(value)")
        case 8: column.append(["", "red", "green", "blue"][row % 4])
        case 9: column.append("{\"a\": \(value)}")
        case 10: append(bytes: Array(repeating: 0xff, count: row % 80) + [UInt8(row % 256)], to: column)
        case 11: append(fixed: (0..<16).map { UInt8(truncatingIfNeeded: row &* ($0 + 3)) }, to: column)
        case 12: column.append(Int32(value % 100_000))
        case 13: column.append(Int64(row) * 12_345_678 % 86_400_000_000)
        case 14, 15: column.append(value * 60_000_000_123)
        case 18:
            let wide = Int128(value) * 1_000_000_000_000_000_000_000_000
            append(fixed: (0..<16).reversed().map { UInt8(truncatingIfNeeded: wide >> Int128($0 * 8)) }, to: column)
        case 19, 20:
            column.append(entryCount: row % 4)
            for entry in 0..<(row % 4) {
                if (row + entry) % 5 == 0 {
                    column.children[0].appendNulls(1)
                } else if index == 19 {
                    column.children[0].append(Int32(row * 10 + entry))
                } else {
                    column.children[0].append("w\((row + entry) % 9)")
                }
            }
        case 21:
            column.append(entryCount: row % 3)
            for entry in 0..<(row % 3) {
                column.children[0].append("k\(entry)")
                if row % 5 == 0 { column.children[1].appendNulls(1) } else { column.children[1].append("v\(row)") }
            }
        default:
            column.append(entryCount: row % 3)
            for entry in 0..<(row % 3) {
                if (row + entry) % 4 == 0 {
                    column.children[0].appendNulls(1)
                    continue
                }
                column.children[0].append(entryCount: entry)
                for inner in 0..<entry { column.children[0].children[0].append(Int64(row + inner)) }
            }
        }
    }

    private static func append(bytes: [UInt8], to column: Column) {
        bytes.withUnsafeBytes { column.append(bytes: $0) }
    }

    private static func append(fixed: [UInt8], to column: Column) {
        column.values.append(fixed)
        column.validity.appendValues(1)
    }
}

import Columnar
import Parquet
import TestSupport
import Testing

/// Small files whose every page is known; Readers/layouts.py has the table of how they must lie in bytes.
@Suite(
    "The layout of files",
    .enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python to run this")
)
struct LayoutTests {
    /// One column of 250 rows in pages of 100.
    private struct Layout: Sendable {
        var type = ColumnType.leaf(.int64, nil)
        var options = WriterOptions(codec: .none)
        var rowCount = 250
        var isNullable = true
        let append: @Sendable (Int, Column) -> Void

        init(
            _ type: ColumnType = .leaf(.int64, nil),
            _ encoding: PageEncoding? = nil,
            _ append: @escaping @Sendable (Int, Column) -> Void
        ) {
            self.type = type
            self.append = append
            options.pageRowCount = 100
            options.columns[["c"]] = ColumnOptions(encoding: encoding)
        }

        func with(_ change: (inout Layout) -> Void) -> Layout {
            var changed = self
            change(&changed)
            return changed
        }

        func encode() throws -> [UInt8] {
            let schema = TableSchema(fields: [Field(name: "c", type: type, isNullable: isNullable)])
            let batch = RowBatch(schema: schema)
            for row in 0..<rowCount { append(row, batch.columns[0]) }
            let sink = MemoryByteSink()
            let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
            try writer.append(batch)
            try writer.finish()
            return sink.bytes
        }
    }

    private static let text = ColumnType.leaf(.byteArray, .string)
    private static let number = Layout { row, column in column.append(Int64(row)) }

    private static let layouts: [String: Layout] = [
        "plain": number.with { $0.options.columns[["c"]]?.encoding = .plain },
        "descending": Layout(.leaf(.int64, nil), .plain) { $1.append(Int64(250 - $0)) },
        "unordered": Layout(.leaf(.int64, nil), .plain) { $1.append(Int64($0 / 100 * 7 % 10)) },
        "first page decides": number,
        "dictionary": Layout { $1.append(Int64($0 % 5)) },
        "dictionary that fills": number.with {
            $0.options.columns[["c"]]?.encoding = .rleDictionary
            $0.options.dictionaryByteCount = 100 * 8
        },
        "dictionary of NULLs": Layout { $0 / 100 == 1 ? $1.appendNulls(1) : $1.append("v\($0 % 3)") }.with {
            $0.type = text
        },
        "page of NULLs": Layout(.leaf(.int64, nil), .plain) { row, column in
            if row / 100 == 1 { column.appendNulls(1) } else { column.append(Int64(row)) }
        },
        "nothing but NULLs": Layout(.leaf(.int64, nil), .deltaBinaryPacked) { $1.appendNulls(1) },
        "NULLs here and there": Layout(.leaf(.int64, nil), .plain) { row, column in
            if row % 4 == 0 { column.appendNulls(1) } else { column.append(Int64(row)) }
        },
        "version 2": Layout(.leaf(.int64, nil), .plain) { row, column in
            if row % 4 == 0 { column.appendNulls(1) } else { column.append(Int64(row)) }
        }.with { $0.options.dataPageVersion = .v2 },
        "differences": number.with { $0.options.columns[["c"]]?.encoding = .deltaBinaryPacked },
        "streams of bytes": number.with { $0.options.columns[["c"]]?.encoding = .byteStreamSplit },
        "runs": Layout(.leaf(.boolean, nil), .rle) { $1.append($0 > 120) },
        "lengths": Layout(text, .deltaLengthByteArray) { $1.append("t\($0 + 100)") },
        "prefixes": Layout(text, .deltaByteArray) { $1.append("t\($0 + 100)") },
        "lists": Layout(.list(.leaf(.int32, nil)), nil) { row, column in
            column.append(entryCount: row % 3)
            for entry in 0..<(row % 3) { column.children[0].append(Int32(row * 10 + entry)) }
        }.with { $0.options.columns = [["c", "list", "element"]: ColumnOptions(encoding: .plain)] },
        "pages of bytes": Layout(text, .plain) { $1.append("text \($0 + 100) of 46 bytes and 4 for the length.....") }
            .with {
                $0.options.pageByteCount = 1_000
                $0.rowCount = 50
            },
        "a row larger than a page": Layout(text, .plain) { row, column in
            column.append(row == 2 ? String(repeating: "x", count: 3_000) : "small \(row)")
        }.with {
            $0.options.pageByteCount = 1_000
            $0.rowCount = 5
        },
        "long text": Layout(text, .plain) { $1.append(String(repeating: "a", count: 99) + "\($0)") }.with {
            $0.rowCount = 2
        },
        "NaN": Layout(.leaf(.double, nil), .plain) { $1.append($0 == 120 ? Double.nan : Double($0)) },
        "zeros": Layout(.leaf(.double, nil), .plain) { $1.append($0 % 2 == 0 ? 0.0 : -0.0) }.with { $0.rowCount = 2 },
        "without bounds": number.with { $0.options.columns[["c"]]?.writesBounds = false },
        "row groups": number.with { $0.options.rowGroupRowCount = 120 },
        "filter": number.with { $0.options.columns[["c"]]?.bloomFilter = BloomFilterOptions() },
        "no rows": number.with { $0.rowCount = 0 },
        "required": number.with { $0.isNullable = false },
    ]

    @Test
    func `every page lies where the table says, encoded as it says`() async throws {
        let folder = try TemporaryFolder()
        for (name, layout) in Self.layouts { try folder.write("\(name).parquet", layout.encode()) }
        #expect(try await Judge.runs("layouts.py", [folder.path]))
    }
}

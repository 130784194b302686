import Columnar
import Parquet
import TestSupport
import Testing

/// Skipping in files of other writers, which Readers/skipping.py has the rules of.
@Suite(
    "Skipping in files of pyarrow and DuckDB",
    .enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow and duckdb to run these")
)
struct ForeignSkippingTests {
    private static func reader(_ folder: TemporaryFolder, _ name: String) throws -> ParquetFileReader {
        try ParquetFileReader(FileByteSource(path: folder.path + "/" + name))
    }

    /// Filters, the rows that match among the ids, and the rows that may be kept at most where there is a page index.
    private static let filters: [(filter: RowFilter, rows: [Int], limit: Int)] = [
        (.greaterOrEqual("id", 9_000) && .less("id", 9_010), Array(9_000..<9_010), 4_500),
        (.equal("text", "0000012345"), [12_345], 4_500),
        (.isIn("text", ["0000000003", "0000019999"]), [3, 19_999], 6_000),
        (.equal("amount", 777), [777], 4_500),
        (.less("amount", 5) || .greater("amount", 19_997), Array(0..<5) + [19_998, 19_999], 6_000),
        (.equal("tags", "150-1"), (15_000..<15_100).filter { $0 % 3 == 2 }, 4_500),
        (.equal("address.zip", 4_321), [4_321], 4_500),
        (.isNull("group") && .less("id", 23), [0, 11, 22], 4_500),
        (.equal("group", 9), [], 0),
    ]

    @Test
    func `what is kept of a file has every row that matches, and little else`() async throws {
        let folder = try TemporaryFolder()
        #expect(try await Judge.runs("skipping.py", [folder.path]))
        let indexed = ["1.0-True", "1.0-False", "2.0-True", "2.0-False"].map { "pyarrow-\($0).parquet" }
        for name in indexed + ["pyarrow-unindexed.parquet"] {
            let reader = try Self.reader(folder, name)
            let whole = try (0..<reader.rowGroupCount).map {
                try reader.readRowGroup($0).columns.map(ColumnDump.values)
            }
            #expect(reader.rowGroupCount == 3)
            for (filter, rows, limit) in Self.filters {
                var keptCount = 0
                let groups = try reader.rowGroups(matching: filter)
                for group in 0..<reader.rowGroupCount {
                    let kept = try reader.rowRanges(ofRowGroup: group, matching: filter)
                    let matching = rows.filter { $0 / 8_000 == group }.map { $0 % 8_000 }
                    #expect(matching.allSatisfy { row in kept.contains { $0.contains(row) } }, "\(name): \(filter)")
                    #expect(kept.isEmpty || groups.contains(group))
                    keptCount += kept.reduce(0) { $0 + $1.count }
                    let read = try reader.readRowGroup(group, rows: kept)
                    for (part, values) in zip(read.columns, whole[group]) {
                        #expect(ColumnDump.values(part) == kept.flatMap { values[$0] }, "\(name): \(filter)")
                    }
                }
                #expect(keptCount <= (indexed.contains(name) ? limit : 16_000), "\(name): \(filter) keeps \(keptCount)")
            }
        }
    }

    @Test
    func `bloom filters pass over values that lie within the bounds`() async throws {
        let folder = try TemporaryFolder()
        #expect(try await Judge.runs("skipping.py", [folder.path]))
        for name in ["duckdb-V1.parquet", "duckdb-V2.parquet"] {
            let reader = try Self.reader(folder, name)
            #expect(try reader.bloomFilter(ofRowGroup: 0, leaf: reader.leaves[0]) != nil, "\(name)")
            var found = 0
            for value in 0..<2_000 {
                let groups = try reader.rowGroups(matching: .equal("id", FilterValue(value)))
                // Even values are in the row group of their place; odd ones are in none.
                #expect(value % 2 == 1 || groups.contains(value * 5 / 4_096), "\(name): \(value)")
                found += value % 2 == 1 && !groups.isEmpty ? 1 : 0
            }
            #expect(found < 50)
            #expect(try reader.rowGroups(matching: .equal("text", "100")) == [0])
            #expect(try reader.rowGroups(matching: .isIn("text", ["101", "103"])).isEmpty)
        }
    }
}

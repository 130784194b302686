import Columnar
import Parquet
import Testing

@Suite("Summaries of a leaf")
struct ColumnSummaryTests {
    /// A column of text, a row group for each array.
    private func summary(
        _ groups: [[String?]],
        _ options: WriterOptions = WriterOptions(),
        rowGroups: Range<Int>? = nil
    ) throws -> ColumnSummary {
        let schema = TableSchema(fields: [Field(name: "text", type: .leaf(.byteArray, .string))])
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
        for group in groups {
            let batch = RowBatch(schema: schema)
            for value in group {
                if let value { batch.columns[0].append(value) } else { batch.columns[0].appendNulls(1) }
            }
            try writer.append(batch)
            try writer.endRowGroup()
        }
        try writer.finish()
        let reader = try ParquetFileReader(MemoryByteSource(sink.bytes))
        return reader.summary(of: reader.leaves[0], rowGroups: rowGroups)
    }

    private func text(_ bound: ColumnSummary.Bound?) -> String? {
        bound.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test
    func `counts are sums and bounds the outermost ones`() throws {
        let groups: [[String?]] = [["m", nil, "n"], ["z"], [nil, nil], ["a", "é"]]
        let all = try summary(groups)
        #expect(all.entryCount == 8 && all.nullCount == 3)
        #expect(text(all.min) == "a" && text(all.max) == "é")
        #expect(all.min?.isExact == true && all.max?.isExact == true)
        let one = try summary(groups, rowGroups: 0..<1)
        #expect(one.entryCount == 3 && text(one.min) == "m" && text(one.max) == "n")
        #expect(one.compressedByteCount < all.compressedByteCount)
    }

    @Test
    func `without values there are no bounds, and a shortened one is said to be so`() throws {
        let nothing = try summary([[nil], [nil, nil]])
        #expect(nothing.min == nil && nothing.max == nil && nothing.nullCount == 3)
        let none = try summary([])
        #expect(none.entryCount == 0 && none.nullCount == nil && none.codecs == [])
        let long = try summary([[String(repeating: "x", count: 500)]])
        #expect(long.min?.isExact == false && long.max?.isExact == false)
        #expect(try #require(text(long.min)).utf8.count < 500)
    }

    @Test
    func `bounds that one row group lacks are not known`() throws {
        var options = WriterOptions()
        options.columns[["text"]] = ColumnOptions()
        options.columns[["text"]]?.writesBounds = false
        let summary = try summary([["a"], ["b"]], options)
        #expect(summary.min == nil && summary.max == nil && summary.columnIndex == .no)
    }

    @Test
    func `what only some row groups have is there in part`() throws {
        let distinct = (0..<500).map { "\($0)" }
        let repeated = Array(repeating: "same", count: 500)
        #expect(try summary([distinct, repeated]).dictionary == .partly)
        #expect(try summary([repeated, repeated]).dictionary == .yes)
        #expect(try summary([distinct]).dictionary == .no)
        var options = WriterOptions()
        options.columns[["text"]] = ColumnOptions(bloomFilter: BloomFilterOptions())
        let filtered = try summary([distinct], options)
        #expect(filtered.bloomFilter == .yes && filtered.offsetIndex == .yes)
    }
}

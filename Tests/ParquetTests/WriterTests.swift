import Bytes
import Columnar
import TestSupport
import Testing

@testable import Parquet

@Suite
struct WriterTests {
    @Test
    func `the pages of the golden file`() throws {
        let (bytes, metadata) = try write(goldenBatch(), golden, options(.none))
        let id = "150015301530158eb6dcbc051c15061500150615060000010000000000000002000000000000000300000000000000"
        let name = "15001522152215f2ebeba4031c150615001506150600000200000003050100000061020000006263"
        #expect(Hexadecimal.string(bytes) == id + name)
        let chunks = metadata.group.columns
        #expect(chunks.map(\.dataPageOffset) == [0, 47] && chunks.map(\.valueCount) == [3, 3])
        #expect(chunks[1].statistics?.min == [0x61] && chunks[1].statistics?.max == [0x62, 0x63])
        #expect(chunks.map { $0.statistics?.nullCount } == [0, 1])
    }

    @Test
    func `the footer ends with its length and the magic`() throws {
        let (bytes, metadata) = try write(goldenBatch(), golden, options(.none))
        let footer = FileFooter.encode(
            schema: golden,
            rowGroups: [(4, metadata)],
            keyValueMetadata: [],
            createdBy: "pqdocs version 0.1.0 (build bit)",
            fileByteCount: 4 + bytes.count
        )
        #expect(Array(footer.suffix(4)) == FileFooter.magic)
        let length = footer.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        let text = Hexadecimal.string(footer.suffix(8 + length).dropLast(8))
        // version, then the schema of the golden file.
        #expect(
            text.hasPrefix("1502193c4806736368656d61150400150425001802696400150c250218046e616d6525004c1c00000016061")
        )
        // min and max of both columns.
        #expect(text.contains("2808030000000000000018080100000000000000111100"))
        #expect(text.contains("360228026263180161111100"))
    }

    @Test(arguments: [(1_000, 1, 50), (20_001, 20_000, 2), (5, 0, 5)])
    func `a page ends after so many rows`(rowCount: Int, pageRowCount: Int, pageCount: Int) throws {
        var options = options(.none)
        options.pageRowCount = pageRowCount == 1 ? 20 : pageRowCount
        for isNested in [false, true] {
            let type: ColumnType = isNested ? .list(.leaf(.int32, nil)) : .leaf(.int32, nil)
            let schema = TableSchema(fields: [Field(name: "c", type: type)])
            let batch = RowBatch(schema: schema)
            for index in 0..<rowCount {
                if isNested { batch.columns[0].append(entryCount: 1) }
                (isNested ? batch.columns[0].children[0] : batch.columns[0]).append(Int32(index))
            }
            let pages = try #require(write(batch, schema, options).metadata.offsetIndexes[0]).pages
            #expect(pages.count == pageCount)
            #expect(pages.map(\.firstRow) == (0..<pageCount).map { $0 * max(1, options.pageRowCount) })
        }
    }

    @Test
    func `a page ends after so many bytes, and a huge value has one of its own`() throws {
        var options = options(.none)
        options.pageByteCount = 1_000
        options.dictionaryByteCount = 0
        let huge = String(repeating: "x", count: 50_000)
        for isNested in [false, true] {
            let type: ColumnType = isNested ? .list(.leaf(.byteArray, .string)) : .leaf(.byteArray, .string)
            let schema = TableSchema(fields: [Field(name: "c", type: type)])
            let batch = RowBatch(schema: schema)
            let values = isNested ? batch.columns[0].children[0] : batch.columns[0]
            for index in 0..<200 {
                if isNested { batch.columns[0].append(entryCount: 1) }
                values.append(index == 100 ? huge : String(repeating: "y", count: 96))
            }
            let chunk = try WrittenChunk(write(batch, schema, options).metadata)
            #expect(chunk.pages.count >= 20)
            #expect(chunk.pages.filter { $0.byteCount > 1_300 }.count == 1)
            #expect(chunk.pages.allSatisfy { $0.byteCount < 52_000 })
            // What is kept of a page until the file is complete must be small.
            #expect(chunk.upperBounds.allSatisfy { $0.count <= 64 })
        }
    }

    @Test
    func `a dictionary is kept for few values, and given up for many`() throws {
        let few = try chunk((0..<10_000).map { "v\($0 % 7)" }, options(.none))
        #expect(few.hasDictionary && few.dictionaryDataPageCount == 1 && few.plainDataPageCount == 0)
        let many = try chunk((0..<10_000).map { "v\($0)" }, options(.none))
        #expect(!many.hasDictionary && many.plainDataPageCount == 1)
        // The first portion repeats, the first page does not.
        let late = try chunk((0..<10_000).map { $0 < 1_024 ? "v" : "v\($0)" }, options(.none))
        #expect(!late.hasDictionary && late.plainDataPageCount == 1)
    }

    @Test
    func `a dictionary is kept where it saves bytes, though most values differ`() throws {
        let large = String(repeating: "x", count: 5_000)
        let chunk = try chunk((0..<10_000).map { $0 % 10 < 6 ? "v\($0)" : large }, options(.none))
        #expect(chunk.dictionaryDataPageCount == 1 && chunk.plainDataPageCount == 0)
        #expect(chunk.chunk.uncompressedByteCount < 200_000)
    }

    @Test
    func `pages of NULLs alone neither need a dictionary nor decide about one`() throws {
        var options = options(.none)
        options.pageRowCount = 1_000
        let nulls: [String?] = Array(repeating: nil, count: 1_000)
        let none = try chunk(nulls, options)
        #expect(!none.hasDictionary && none.plainDataPageCount == 1)
        let many = try chunk(nulls + (0..<2_000).map { "v\($0)" }, options)
        #expect(!many.hasDictionary && many.plainDataPageCount == 3)
        let few = try chunk(nulls + (0..<2_000).map { "v\($0 % 5)" } + nulls, options)
        #expect(few.dictionaryDataPageCount == 4 && few.plainDataPageCount == 0)
    }

    @Test
    func `a dictionary that outgrows its limit stays for the pages before`() throws {
        var options = options(.none)
        options.dictionaryByteCount = 20_000
        options.pageRowCount = 2_000
        let chunk = try chunk((0..<20_000).map { "value \($0 < 4_000 ? $0 % 5 : $0)" }, options)
        #expect(chunk.dictionaryDataPageCount == 3 && chunk.plainDataPageCount == 7 && chunk.chunk.valueCount == 20_000)
    }

    @Test
    func `values larger than a dictionary may be are stored as they are`() throws {
        var options = options(.none)
        options.dictionaryByteCount = 1_000
        options.pageByteCount = 1_000
        let huge = String(repeating: "x", count: 5_000)
        let chunk = try chunk(["a", "a", "a", "a", huge, "a", huge], options)
        #expect(chunk.chunk.valueCount == 7 && chunk.dictionaryDataPageCount == 1 && chunk.statistics.min == [0x61])
    }

    @Test
    func `pages of NULLs alone are marked, and one NaN leaves out the index and the bounds`() throws {
        var options = options(.none)
        options.pageRowCount = 10
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.double, nil))])
        let batch = RowBatch(schema: schema)
        batch.columns[0].appendNulls(10)
        for index in 0..<10 { append(Double(index), to: batch.columns[0]) }
        let chunk = try WrittenChunk(write(batch, schema, options).metadata)
        let index = try #require(chunk.columnIndex)
        #expect(index.isNullPage == [true, false] && index.nullCounts == [10, 0] && index.upperBounds[0] == [])
        let out = ByteBuffer()
        index.write(to: out)
        // null_pages [true, false], then an empty minimum.
        #expect(out.copyBytes().starts(with: [0x19, 0x21, 1, 2, 0x19, 0x28, 0, 8]))
        append(.nan, to: batch.columns[0])
        let other = try WrittenChunk(write(batch, schema, options).metadata)
        #expect(other.columnIndex == nil && other.statistics.min == nil && other.statistics.nullCount == 10)
    }

    @Test(arguments: [([1, 2, 3], 1), ([3, 2, 1], 2), ([1, 3, 2], 0), ([2, 2, 2], 1)] as [([Int32], UInt8)])
    func `the column index says how the pages are ordered`(values: [Int32], order: UInt8) throws {
        var options = options(.none)
        options.pageRowCount = 1
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.int32, nil))])
        let batch = RowBatch(schema: schema)
        for value in values { batch.columns[0].append(value) }
        let chunk = try WrittenChunk(write(batch, schema, options).metadata)
        let out = ByteBuffer()
        chunk.columnIndex?.write(to: out)
        #expect(Array(out.copyBytes().suffix(8)) == [0x15, order * 2, 0x19, 0x36, 0, 0, 0, 0].suffix(8))
    }

    @Test
    func `a batch that is not of the schema is refused`() throws {
        let list = TableSchema(fields: [Field(name: "c", type: .list(.leaf(.int32, nil)))])
        let missing = RowBatch(schema: list)
        missing.columns[0].append(entryCount: 5)
        missing.columns[0].children[0].append(Int32(1))
        let required = TableSchema(fields: [Field(name: "c", type: .leaf(.int32, nil), isNullable: false)])
        let null = RowBatch(schema: required)
        null.columns[0].appendNulls(1)
        let short = RowBatch(schema: required)
        short.columns[0].validity.appendValues(1)
        let uneven = RowBatch(schema: golden)
        uneven.columns[0].append(Int64(1))
        let other = RowBatch(schema: TableSchema(fields: [Field(name: "c", type: .leaf(.int64, nil))]))
        for (batch, schema) in [
            (missing, list), (null, required), (short, required), (uneven, golden), (other, required),
        ] {
            let error = #expect(throws: ParquetError.self) { try write(batch, schema, options(.none)) }
            #expect(error?.code == .schemaMismatch)
        }
    }

    @Test(arguments: CompressionCodec.allCases)
    func `pages that do not shrink are stored as they are, others are compressed`(codec: CompressionCodec) throws {
        var generator = SeededGenerator(seed: 1)
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.int64, nil))])
        let random = RowBatch(schema: schema)
        let even = RowBatch(schema: schema)
        for index in 0..<20_000 {
            random.columns[0].append(Int64.random(in: .min ... .max, using: &generator))
            even.columns[0].append(Int64(index))
        }
        #expect(try write(random, schema, options(codec)).metadata.group.columns[0].codec == 0)
        let group = try write(even, schema, options(codec)).metadata
        #expect(group.group.columns[0].codec == codec.thriftValue)
        #expect(
            codec == .none
                ? group.byteCount == group.uncompressedByteCount : group.byteCount < group.uncompressedByteCount
        )
    }

    @Test
    func `a writer is used again for the next row group`() throws {
        let writer = try RowGroupWriter(schema: golden, options: options(.zstd))
        let scratch = PageScratch()
        var groups: [[UInt8]] = []
        for _ in 0..<3 {
            try writer.append(goldenBatch(), scratch: scratch)
            #expect(writer.rowCount == 3)
            var bytes: [UInt8] = []
            _ = try writer.finish(scratch: scratch) { bytes += $0 }
            groups.append(bytes)
        }
        #expect(groups[0] == groups[1] && groups[1] == groups[2] && writer.rowCount == 0)
    }

    // MARK: - Samples

    private let golden = TableSchema(fields: [
        Field(name: "id", type: .leaf(.int64, nil), isNullable: false),
        Field(name: "name", type: .leaf(.byteArray, .string)),
    ])

    private func goldenBatch() -> RowBatch {
        let batch = RowBatch(schema: golden)
        for id in 1...3 { batch.columns[0].append(Int64(id)) }
        batch.columns[1].append("a")
        batch.columns[1].appendNulls(1)
        batch.columns[1].append("bc")
        return batch
    }

    private func options(_ codec: CompressionCodec) -> WriterOptions { WriterOptions(codec: codec) }

    private func chunk(_ texts: [String?], _ options: WriterOptions) throws -> WrittenChunk {
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.byteArray, .string))])
        let batch = RowBatch(schema: schema)
        for text in texts {
            if let text { batch.columns[0].append(text) } else { batch.columns[0].appendNulls(1) }
        }
        return try WrittenChunk(write(batch, schema, options).metadata)
    }

    private func append(_ value: Double, to column: Column) {
        column.append(Int64(bitPattern: value.bitPattern))
    }

    private func write(
        _ batch: RowBatch,
        _ schema: TableSchema,
        _ options: WriterOptions
    ) throws -> (bytes: [UInt8], metadata: RowGroupMetadata) {
        let writer = try RowGroupWriter(schema: schema, options: options)
        let scratch = PageScratch()
        try writer.append(batch, scratch: scratch)
        var bytes: [UInt8] = []
        let metadata = try writer.finish(scratch: scratch) { bytes += $0 }
        return (bytes, metadata)
    }
}

/// What a row group of one column says about it.
private struct WrittenChunk {
    let chunk: FileMetadata.ColumnChunk
    let columnIndex: ColumnIndex?
    let pages: [OffsetIndex.Page]
    let statistics: ColumnStatistics

    init(_ group: RowGroupMetadata) throws {
        chunk = try #require(group.group.columns.first)
        columnIndex = group.columnIndexes[0]
        pages = try #require(group.offsetIndexes[0]).pages
        statistics = try #require(chunk.statistics)
    }

    var hasDictionary: Bool { chunk.dictionaryPageOffset != nil }
    var upperBounds: [[UInt8]] { columnIndex?.upperBounds ?? [] }
    var dictionaryDataPageCount: Int32 { pageCount(.rleDictionary) }
    var plainDataPageCount: Int32 { pageCount(.plain) }

    private func pageCount(_ encoding: PageEncoding) -> Int32 {
        chunk.pageEncodings.first { $0.pageType == 0 && $0.encoding == encoding.rawValue }?.count ?? 0
    }
}

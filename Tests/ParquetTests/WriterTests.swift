import Bytes
import Columnar
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
        #expect(metadata.chunks.map(\.offset) == [0, 47])
        #expect(metadata.chunks[1].bounds?.min.bytes == [0x61] && metadata.chunks[1].bounds?.max.bytes == [0x62, 0x63])
        #expect(metadata.chunks.map(\.nullCount) == [0, 1] && metadata.chunks.map(\.valueCount) == [3, 3])
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
            let chunk = try #require(write(batch, schema, options).metadata.chunks.first)
            #expect(chunk.pages.count == pageCount)
            #expect(chunk.pages.map(\.firstRow) == (0..<pageCount).map { $0 * max(1, options.pageRowCount) })
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
            let chunk = try #require(write(batch, schema, options).metadata.chunks.first)
            #expect(chunk.pages.count >= 20)
            #expect(chunk.pages.filter { $0.compressedByteCount > 1_300 }.count == 1)
            #expect(chunk.pages.allSatisfy { $0.compressedByteCount < 52_000 })
            // What is kept of a page until the file is complete must be small.
            #expect(chunk.pages.allSatisfy { ($0.bounds?.max.bytes.count ?? 65) <= 64 })
        }
    }

    @Test
    func `a dictionary is kept for few values, and given up for many`() throws {
        let few = try chunk((0..<10_000).map { "v\($0 % 7)" }, options(.none))
        #expect(few.dictionaryPageByteCount != nil && few.dictionaryDataPageCount == 1 && few.plainDataPageCount == 0)
        let many = try chunk((0..<10_000).map { "v\($0)" }, options(.none))
        #expect(many.dictionaryPageByteCount == nil && many.plainDataPageCount == 1)
        // The first portion repeats, the first page does not.
        let late = try chunk((0..<10_000).map { $0 < 1_024 ? "v" : "v\($0)" }, options(.none))
        #expect(late.dictionaryPageByteCount == nil && late.plainDataPageCount == 1)
    }

    @Test
    func `a dictionary is kept where it saves bytes, though most values differ`() throws {
        let large = String(repeating: "x", count: 5_000)
        let chunk = try chunk((0..<10_000).map { $0 % 10 < 6 ? "v\($0)" : large }, options(.none))
        #expect(chunk.dictionaryDataPageCount == 1 && chunk.plainDataPageCount == 0)
        #expect(chunk.uncompressedByteCount < 200_000)
    }

    @Test
    func `pages of NULLs alone neither need a dictionary nor decide about one`() throws {
        var options = options(.none)
        options.pageRowCount = 1_000
        let nulls: [String?] = Array(repeating: nil, count: 1_000)
        let none = try chunk(nulls, options)
        #expect(none.dictionaryPageByteCount == nil && none.plainDataPageCount == 1)
        let many = try chunk(nulls + (0..<2_000).map { "v\($0)" }, options)
        #expect(many.dictionaryPageByteCount == nil && many.plainDataPageCount == 3)
        let few = try chunk(nulls + (0..<2_000).map { "v\($0 % 5)" } + nulls, options)
        #expect(few.dictionaryDataPageCount == 2 && few.plainDataPageCount == 2)
    }

    @Test
    func `a dictionary that outgrows its limit stays for the pages before`() throws {
        var options = options(.none)
        options.dictionaryByteCount = 20_000
        options.pageRowCount = 2_000
        let chunk = try chunk((0..<20_000).map { "value \($0 < 4_000 ? $0 % 5 : $0)" }, options)
        #expect(chunk.dictionaryDataPageCount == 3 && chunk.plainDataPageCount == 7 && chunk.valueCount == 20_000)
    }

    @Test
    func `values larger than a dictionary may be are stored as they are`() throws {
        var options = options(.none)
        options.dictionaryByteCount = 1_000
        options.pageByteCount = 1_000
        let huge = String(repeating: "x", count: 5_000)
        let chunk = try chunk(["a", "a", "a", "a", huge, "a", huge], options)
        #expect(chunk.valueCount == 7 && chunk.dictionaryDataPageCount == 1 && chunk.bounds?.min.bytes == [0x61])
    }

    @Test
    func `pages of NULLs alone are marked, and one NaN leaves out the index and the bounds`() throws {
        var options = options(.none)
        options.pageRowCount = 10
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.double, nil))])
        let batch = RowBatch(schema: schema)
        batch.columns[0].appendNulls(10)
        for index in 0..<10 { append(Double(index), to: batch.columns[0]) }
        let chunk = try #require(write(batch, schema, options).metadata.chunks.first)
        #expect(chunk.pages.map(\.isNullPage) == [true, false] && chunk.pages.map(\.nullCount) == [10, 0])
        let leaf = LeafColumn.leaves(of: schema)[0]
        let out = ByteBuffer()
        #expect(PageIndex.writeColumnIndex(of: chunk, leaf: leaf, to: out) != nil)
        // null_pages [true, false], then an empty minimum.
        #expect(out.copyBytes().starts(with: [0x19, 0x21, 1, 2, 0x19, 0x28, 0, 8]))
        append(.nan, to: batch.columns[0])
        let other = try #require(write(batch, schema, options).metadata.chunks.first)
        #expect(PageIndex.writeColumnIndex(of: other, leaf: leaf, to: out) == nil)
        #expect(other.bounds == nil && other.pages.map { $0.bounds == nil } == [true, false, true])
    }

    @Test(arguments: [([1, 2, 3], 1), ([3, 2, 1], 2), ([1, 3, 2], 0), ([2, 2, 2], 1)] as [([Int32], UInt8)])
    func `the column index says how the pages are ordered`(values: [Int32], order: UInt8) throws {
        var options = options(.none)
        options.pageRowCount = 1
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.int32, nil))])
        let batch = RowBatch(schema: schema)
        for value in values { batch.columns[0].append(value) }
        let chunk = try #require(write(batch, schema, options).metadata.chunks.first)
        let out = ByteBuffer()
        _ = PageIndex.writeColumnIndex(of: chunk, leaf: LeafColumn.leaves(of: schema)[0], to: out)
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
        #expect(try write(random, schema, options(codec)).metadata.chunks.first?.codec == CompressionCodec.none)
        let group = try write(even, schema, options(codec)).metadata
        #expect(group.chunks.first?.codec == codec)
        #expect(
            codec == .none
                ? group.byteCount == group.uncompressedByteCount : group.byteCount < group.uncompressedByteCount
        )
    }

    @Test
    func `a writer is used again for the next row group`() throws {
        let writer = RowGroupWriter(schema: golden, options: options(.zstd))
        let scratch = PageScratch(options: options(.zstd))
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

    private func chunk(_ texts: [String?], _ options: WriterOptions) throws -> ColumnChunkMetadata {
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.byteArray, .string))])
        let batch = RowBatch(schema: schema)
        for text in texts {
            if let text { batch.columns[0].append(text) } else { batch.columns[0].appendNulls(1) }
        }
        return try #require(write(batch, schema, options).metadata.chunks.first)
    }

    private func append(_ value: Double, to column: Column) {
        column.append(Int64(bitPattern: value.bitPattern))
    }

    private func write(
        _ batch: RowBatch,
        _ schema: TableSchema,
        _ options: WriterOptions
    ) throws -> (bytes: [UInt8], metadata: RowGroupMetadata) {
        let writer = RowGroupWriter(schema: schema, options: options)
        let scratch = PageScratch(options: options)
        try writer.append(batch, scratch: scratch)
        var bytes: [UInt8] = []
        let metadata = try writer.finish(scratch: scratch) { bytes += $0 }
        return (bytes, metadata)
    }
}

import Bytes
import Columnar
import Testing

@testable import Parquet

/// Some rows of row groups, batches of them, and parts of columns.
@Suite
struct PartialReadTests {
    private static func nested(
        _ seed: UInt64,
        _ version: DataPageVersion,
        rowCount: Int = 400
    ) throws -> (file: [UInt8], dump: [[String]]) {
        let table = NestedTable(rowCount: rowCount, seed: seed)
        var options = WriterOptions(codec: .snappy)
        options.pageRowCount = 23
        options.dataPageVersion = version
        return (try table.encode(options), table.batch.columns.map(ColumnDump.values))
    }

    private static func rows(_ random: inout SeededRandom, of rowCount: Int) -> [Range<Int>] {
        (0..<random.next(below: 6)).map { _ in
            let start = random.next(below: rowCount + 1)
            return start..<min(rowCount, start + random.next(below: 70))
        }
    }

    private static func expected(_ values: [String], _ rows: [Range<Int>]) -> [String] {
        values.indices.filter { row in rows.contains { $0.contains(row) } }.map { values[$0] }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>, DataPageVersion.allCases)
    func `the rows asked for are those of a full read`(seed: UInt64, version: DataPageVersion) throws {
        let (file, dump) = try Self.nested(seed, version)
        let reader = try ParquetFileReader(MemoryByteSource(file))
        var random = SeededRandom(state: seed)
        for _ in 0..<8 {
            let rows = Self.rows(&random, of: 400)
            let batch = try reader.readRowGroup(0, rows: rows)
            for (column, values) in zip(batch.columns, dump) {
                #expect(ColumnDump.values(column) == Self.expected(values, rows))
            }
        }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>, DataPageVersion.allCases)
    func `rows are passed over page by page where there is no index`(seed: UInt64, version: DataPageVersion) throws {
        let (file, dump) = try Self.nested(seed, version)
        let reader = try ParquetFileReader(MemoryByteSource(file))
        var random = SeededRandom(state: seed)
        for (field, shape) in reader.shapes.enumerated() {
            let rows = try RowSelection(Self.rows(&random, of: 400), rowCount: 400)
            let column = ColumnProjection(name: "column", shape: shape)
            let records = try RecordReader(column, reader, rowGroup: 0, scratch: ReadScratch()) { _ in
                LeafPlan(fetcher: StretchFetcher(reader.source), window: ByteBuffer(), index: nil, rows: rows)
            }
            let batches = RowGroupBatches([records], rows, maximumRowCount: 1 + random.next(below: 90))
            var read: [String] = []
            while let batch = try batches.next() { read += ColumnDump.values(batch.columns[0]) }
            #expect(read == Self.expected(dump[field], rows.ranges))
        }
    }

    @Test(arguments: [1, 7, 23, 100, 400, 1_000], DataPageVersion.allCases)
    func `batches are the row group, piece by piece`(rowCount: Int, version: DataPageVersion) throws {
        let (file, dump) = try Self.nested(4, version)
        let reader = try ParquetFileReader(MemoryByteSource(file))
        let batches = try reader.batches(ofRowGroup: 0, maximumRowCount: rowCount)
        var read = dump.map { _ in [String]() }
        var left = 400
        while let batch = try batches.next() {
            #expect(batch.rowCount == min(left, rowCount))
            left -= batch.rowCount
            for (index, column) in batch.columns.enumerated() { read[index] += ColumnDump.values(column) }
        }
        #expect(left == 0 && read == dump)
        #expect(try batches.next() == nil)
    }

    @Test
    func `batches of some rows are those rows`() throws {
        let (file, dump) = try Self.nested(5, .v1)
        let reader = try ParquetFileReader(MemoryByteSource(file))
        let rows = [300..<380, 10..<30, 25..<60]
        let batches = try reader.batches(ofRowGroup: 0, columns: ["half"], rows: rows, maximumRowCount: 33)
        var read: [String] = []
        while let batch = try batches.next() { read += ColumnDump.values(batch.columns[0]) }
        let half = try #require(reader.schema.fields.firstIndex { $0.name == "half" })
        #expect(read == Self.expected(dump[half], rows))
    }

    @Test
    func `no rows are columns without slots, and rows beyond the last an error`() throws {
        let (file, _) = try Self.nested(2, .v1)
        let reader = try ParquetFileReader(MemoryByteSource(file))
        let batch = try reader.readRowGroup(0, rows: [])
        #expect(batch.columns.count == reader.schema.fields.count && batch.rowCount == 0)
        #expect(try reader.batches(ofRowGroup: 0, columns: [], maximumRowCount: 1).next() == nil)
        #expect(throws: ParquetReadError.self) { try reader.readRowGroup(0, rows: [399..<401]) }
        #expect(throws: ParquetReadError.self) { try reader.readRowGroup(0, rows: [-1..<3]) }
        let empty = try ParquetFileReader(MemoryByteSource(NestedTable(rowCount: 0, seed: 1).encode(WriterOptions())))
        for group in 0..<empty.rowGroupCount { #expect(try empty.readRowGroup(group, rows: [0..<0]).rowCount == 0) }
    }

    @Test
    func `pages without a row that is wanted are not fetched, and neighbours with one read`() throws {
        let schema = TableSchema(fields: [
            Field(name: "id", type: .leaf(.int64, nil), isNullable: false),
            Field(name: "tags", type: .list(.leaf(.byteArray, .string))),
        ])
        let batch = RowBatch(schema: schema)
        for row in 0..<10_000 {
            batch.columns[0].append(Int64(row &* 0x9e37_79b9))
            batch.columns[1].append(entryCount: row % 3)
            for tag in 0..<row % 3 { batch.columns[1].children[0].append("tag \(row) \(tag)") }
        }
        var options = WriterOptions(codec: .none)
        options.pageRowCount = 1_000
        options.dictionaryByteCount = 0
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
        try writer.append(batch)
        _ = try writer.finish()
        let source = CountingByteSource(sink.bytes)
        var readerOptions = ReaderOptions()
        readerOptions.maximumGapByteCount = 100
        let reader = try ParquetFileReader(source, options: readerOptions)
        let pages = try reader.leaves.map { try #require(try reader.offsetIndex(ofRowGroup: 0, leaf: $0)).pages }
        #expect(pages.map(\.count) == [10, 10])
        _ = source.takeReads()

        // Rows of pages 2 and 3, and of page 8.
        let read = try reader.readRowGroup(0, rows: [2_500..<3_100, 8_000..<8_001])
        #expect(read.rowCount == 601)
        // Both offset indexes, and of each leaf two stretches.
        let reads = source.takeReads()
        #expect(reads.count == 5)
        for (leaf, places) in pages.enumerated() {
            let stretches = Array(reads[(1 + 2 * leaf)...].prefix(2))
            #expect(
                stretches == [
                    places[2].offset..<places[3].offset + places[3].byteCount,
                    places[8].offset..<places[8].offset + places[8].byteCount,
                ]
            )
        }
        let whole = try reader.readRowGroup(0)
        for (part, all) in zip(read.columns, whole.columns) {
            let values = ColumnDump.values(all)
            #expect(ColumnDump.values(part) == Array(values[2_500..<3_100]) + [values[8_000]])
        }
    }

    @Test
    func `chunks that lie side by side are fetched with one read`() throws {
        let (file, dump) = try Self.nested(7, .v1)
        let source = CountingByteSource(file)
        let reader = try ParquetFileReader(source)
        let chunks = reader.metadata.rowGroups[0].columns.map(\.compressedByteCount)
        _ = source.takeReads()
        let whole = try reader.readRowGroup(0)
        #expect(source.takeReads().map(\.count) == [chunks.reduce(0, +)])
        #expect(whole.columns.map(ColumnDump.values) == dump)

        // Backwards, in batches, and of two columns.
        let names = reader.schema.fields.map(\.name).reversed()
        let batches = try reader.batches(ofRowGroup: 0, columns: Array(names), maximumRowCount: 150)
        while let batch = try batches.next() { #expect(batch.columns.count == dump.count) }
        #expect(source.takeReads().map(\.count) == [chunks.reduce(0, +)])
        let some = try reader.readRowGroup(0, columns: [reader.schema.fields[5].name, reader.schema.fields[4].name])
        #expect(some.columns.map(ColumnDump.values) == [dump[5], dump[4]])
        #expect(source.takeReads().count == 1)
    }

    @Test
    func `an offset index that is not true is an error or a value`() throws {
        let (file, _) = try Self.nested(6, .v1, rowCount: 60)
        let reader = try ParquetFileReader(MemoryByteSource(file))
        var random = SeededRandom(state: 11)
        for chunk in reader.metadata.rowGroups[0].columns {
            let start = try #require(chunk.offsetIndexOffset)
            let byteCount = Int(try #require(chunk.offsetIndexByteCount))
            for _ in 0..<60 {
                var damaged = file
                damaged[start + random.next(below: byteCount)] ^= UInt8(truncatingIfNeeded: 1 + random.next(below: 255))
                let reader = try ParquetFileReader(MemoryByteSource(damaged))
                // The errors are typed: that the process goes on is what is tested.
                _ = try? reader.readRowGroup(0, rows: [20..<40])
            }
        }
    }

    /// A file of one required column of INT32, of pages of so many rows each, which count from 0.
    private static func file(pages rowCounts: [Int]) throws -> [UInt8] {
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.int32, nil), isNullable: false)])
        let (scratch, out) = (PageScratch(), ByteBuffer())
        let writer = PageWriter(codec: .none, level: nil, column: ["c"])
        var places: [OffsetIndex.Page] = []
        var row = 0
        for count in rowCounts {
            let values = ByteBuffer()
            for value in row..<row + count { values.appendLittleEndian(Int32(value)) }
            let page = PageWriter.DataPage(
                version: .v1,
                encoding: .plain,
                entryCount: count,
                valueCount: count,
                rowCount: count,
                repetitionByteCount: 0,
                definitionByteCount: 0
            )
            let start = out.count
            _ = try writer.write(page, values: values.bytes, scratch: scratch, to: out)
            places.append(OffsetIndex.Page(offset: start, byteCount: out.count - start, firstRow: row))
            row += count
        }
        var metadata = RowGroupMetadata(rowCount: row)
        let chunk = FileMetadata.ColumnChunk(
            physicalType: 1,
            encodings: [0],
            path: ["c"],
            codec: 0,
            valueCount: row,
            uncompressedByteCount: out.count,
            compressedByteCount: out.count,
            dataPageOffset: 0
        )
        metadata.append(
            chunk,
            columnIndex: ColumnIndex(
                isNullPage: rowCounts.map { $0 == 0 },
                lowerBounds: rowCounts.map { $0 == 0 ? [] : [0, 0, 0, 0] },
                upperBounds: rowCounts.map { $0 == 0 ? [] : [9, 0, 0, 0] },
                boundaryOrder: .unordered
            ),
            offsetIndex: OffsetIndex(pages: places)
        )
        metadata.byteCount = out.count
        let pages = FileFooter.magic + out.copyBytes()
        return pages
            + FileFooter.encode(
                schema: schema,
                rowGroups: [(4, metadata)],
                keyValueMetadata: [],
                createdBy: "test",
                fileByteCount: pages.count
            )
    }

    @Test(arguments: [[2, 0, 3], [0, 2, 3], [2, 3, 0], [0, 0, 5, 0, 0]])
    func `pages without rows are passed over`(rowCounts: [Int]) throws {
        var options = ReaderOptions()
        options.maximumGapByteCount = 0
        let reader = try ParquetFileReader(MemoryByteSource(Self.file(pages: rowCounts)), options: options)
        for start in 0..<5 {
            for end in start + 1...5 {
                let column = try reader.readRowGroup(0, rows: [start..<end]).columns[0]
                #expect(ColumnDump.values(column) == (start..<end).map { "\($0)" })
                let batches = try reader.batches(ofRowGroup: 0, rows: [start..<end], maximumRowCount: 1)
                var count = 0
                while let batch = try batches.next() { count += batch.rowCount }
                #expect(count == end - start)
            }
        }
        #expect(try reader.rowRanges(ofRowGroup: 0, matching: .less("c", 100)) == [0..<5])
        #expect(try reader.rowRanges(ofRowGroup: 0, matching: .less("c", 0)) == [])
        #expect(try reader.rowGroupCopy(0).metadata.offsetIndexes[0]?.pages.count == rowCounts.count)
    }
}

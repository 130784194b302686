import Bytes
import Columnar
import Testing

@testable import Parquet

@Suite("Files from the first byte to the last")
struct FileWriterTests {
    @Test(arguments: DataPageVersion.allCases, CompressionCodec.allCases)
    func `every page version and codec comes back`(version: DataPageVersion, codec: CompressionCodec) throws {
        var options = WriterOptions(codec: codec)
        options.dataPageVersion = version
        options.pageRowCount = 100
        for table in [NestedTable(rowCount: 500, seed: 9), NestedTable(rowCount: 0, seed: 1)] {
            let reader = try open(write(table.batch, table.schema, options))
            #expect(reader.rowCount == table.batch.rowCount)
            try expect(reader, equals: table.batch.columns)
        }
    }

    @Test(
        arguments: [
            (.leaf(.int32, nil), .deltaBinaryPacked), (.leaf(.int64, nil), .deltaBinaryPacked),
            (.leaf(.byteArray, .string), .deltaLengthByteArray), (.leaf(.byteArray, .string), .deltaByteArray),
            (.leaf(.fixedLengthByteArray(5), nil), .deltaByteArray), (.leaf(.boolean, nil), .rle),
            (.leaf(.int32, nil), .byteStreamSplit), (.leaf(.double, nil), .byteStreamSplit),
            (.leaf(.fixedLengthByteArray(5), nil), .byteStreamSplit), (.leaf(.byteArray, nil), .plain),
            (.leaf(.byteArray, nil), .rleDictionary),
        ] as [(ColumnType, PageEncoding)]
    )
    func `a column has the encoding that it was given`(type: ColumnType, encoding: PageEncoding) throws {
        let schema = TableSchema(fields: [Field(name: "list", type: .list(type)), Field(name: "c", type: type)])
        let batch = RowBatch(schema: schema)
        var random = SeededRandom(state: 5)
        for _ in 0..<3_000 {
            batch.columns[0].append(entryCount: 1)
            for column in [batch.columns[0].children[0], batch.columns[1]] {
                if random.next(below: 7) == 0 { column.appendNulls(1) } else { append(to: column, &random) }
            }
        }
        for version in DataPageVersion.allCases {
            var options = WriterOptions(codec: .snappy)
            options.dataPageVersion = version
            options.pageRowCount = 1_000
            options.columns = [["list"]: ColumnOptions(encoding: encoding), ["c"]: ColumnOptions(encoding: encoding)]
            let reader = try open(write(batch, schema, options))
            try expect(reader, equals: batch.columns)
            for chunk in reader.metadata.rowGroups[0].columns {
                let dataPages = chunk.pageEncodings.filter { $0.pageType != 2 }
                #expect(dataPages.map(\.encoding) == [encoding.rawValue])
                #expect(dataPages.map(\.pageType) == [version == .v1 ? 0 : 3] && dataPages[0].count == 3)
            }
        }
    }

    private func append(to column: Column, _ random: inout SeededRandom) {
        let number = Int64(random.next(below: 200)) * 1_000_003
        switch column.type {
        case .leaf(.boolean, _):
            column.values.append(UInt8(number & 1))
            column.validity.appendValues(1)
        case .leaf(.int32, _): column.append(Int32(truncatingIfNeeded: number))
        case .leaf(.fixedLengthByteArray(let width), _):
            for index in 0..<width { column.values.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
            column.validity.appendValues(1)
        case .leaf(.byteArray, _): column.append(String(repeating: "prefix", count: Int(number % 5)) + "\(number)")
        default: column.append(number)
        }
    }

    @Test
    func `options that cannot be followed are refused with the column's name`() throws {
        let schema = TableSchema(fields: [
            Field(name: "flag", type: .leaf(.boolean, nil)),
            Field(name: "text", type: .list(.leaf(.byteArray, .string))),
        ])
        let refused: [([String], ColumnOptions)] = [
            (["none"], ColumnOptions()), (["text", "element"], ColumnOptions()),
            (["flag"], ColumnOptions(encoding: .rleDictionary)),
            (["text"], ColumnOptions(encoding: .deltaBinaryPacked)),
            (["text"], ColumnOptions(encoding: .bitPacked)), (["text"], ColumnOptions(encoding: .plainDictionary)),
            (["flag"], ColumnOptions(bloomFilter: BloomFilterOptions())),
            (["text"], ColumnOptions(bloomFilter: BloomFilterOptions(falsePositiveRate: 1))),
            (["text"], ColumnOptions(codec: .gzip, compressionLevel: 10)),
        ]
        for (path, column) in refused {
            var options = WriterOptions()
            options.columns[path] = column
            let error = #expect(throws: ParquetError.self) { try RowGroupWriter(schema: schema, options: options) }
            #expect(error?.code == .invalidOptions && error?.message.contains(path[0]) ?? false)
        }
        var options = WriterOptions(codec: .zstd, compressionLevel: 23)
        #expect(throws: ParquetError.self) { try RowGroupWriter(schema: schema, options: options) }
        options = WriterOptions()
        options.sortingColumns = [SortingColumn(path: ["text"])]
        #expect(throws: ParquetError.self) { try RowGroupWriter(schema: schema, options: options) }
    }

    @Test
    func `a schema that no file can have is refused with the column's name`() {
        var deep = ColumnType.leaf(.int32, nil)
        for _ in 0..<100 { deep = .list(deep) }
        let refused: [ColumnType] = [
            .structure([]), .list(.structure([])), deep, .leaf(.fixedLengthByteArray(0), nil), .leaf(.int32, .uuid),
            .leaf(.byteArray, .float16), .leaf(.int32, .decimal(precision: 10, scale: 2)),
            .leaf(.fixedLengthByteArray(4), .decimal(precision: 10, scale: 2)),
            .leaf(.int64, .decimal(precision: 3, scale: 4)), .leaf(.int64, .integer(bitWidth: 7)),
        ]
        for type in refused {
            let schema = TableSchema(fields: [Field(name: "odd", type: type)])
            let error = #expect(throws: ParquetError.self, "\(type)") {
                try RowGroupWriter(schema: schema, options: WriterOptions())
            }
            #expect(error?.code == .invalidSchema && error?.message.contains("odd") ?? false)
        }
    }

    @Test
    func `a column whose values end too early is refused`() throws {
        for isNested in [false, true] {
            let text = ColumnType.leaf(.byteArray, .string)
            let schema = TableSchema(fields: [Field(name: "c", type: isNested ? .list(text) : text)])
            for length in [0, 3, 8] {
                let batch = RowBatch(schema: schema)
                if isNested { batch.columns[0].append(entryCount: 1) }
                let column = isNested ? batch.columns[0].children[0] : batch.columns[0]
                column.append("text of some length")
                column.values.truncate(to: length)
                let error = #expect(throws: ParquetError.self) { try write(batch, schema, WriterOptions()) }
                #expect(error?.code == .schemaMismatch)
            }
        }
    }

    @Test
    func `a column has a codec, a bloom filter and no bounds of its own`() throws {
        let schema = TableSchema(fields: ["a", "b", "c"].map { Field(name: $0, type: .leaf(.byteArray, .string)) })
        let batch = RowBatch(schema: schema)
        for index in 0..<2_000 {
            batch.columns[0].append("key \((index * 7_919) % 2_000)")
            batch.columns[1].append("value \(index % 10)")
            batch.columns[2].append("key \(100_000 + index)")
        }
        var options = WriterOptions(codec: .zstd)
        options.pageRowCount = 100
        let filter = BloomFilterOptions(isLeftOutWhereSorted: true)
        options.columns = [
            ["a"]: ColumnOptions(codec: .gzip, bloomFilter: filter), ["b"]: ColumnOptions(bloomFilter: filter),
            ["c"]: ColumnOptions(bloomFilter: filter),
        ]
        options.columns[["b"]]?.writesBounds = false
        options.sortingColumns = [SortingColumn(path: ["c"]), SortingColumn(path: ["b"], isDescending: true)]
        let file = try write(batch, schema, options)
        let reader = try open(file)
        try expect(reader, equals: batch.columns)
        let group = reader.metadata.rowGroups[0]
        #expect(group.columns.map(\.codec) == [2, 6, 6])
        #expect(group.columns.map { $0.statistics?.min != nil } == [true, false, true])
        #expect(group.columns.map { $0.columnIndexOffset != nil } == [true, false, true])
        #expect(group.sortingColumns.map(\.leafIndex) == [2, 1] && group.sortingColumns[1].isDescending)
        // The third column is sorted, so that its page index says as much.
        #expect(group.columns.map { $0.bloomFilterOffset != nil } == [true, true, false])
        for (leaf, values) in [(0, (0..<2_000).map { "key \($0)" }), (1, (0..<10).map { "value \($0)" })] {
            let range = try #require(try reader.bloomFilterRange(group.columns[leaf]))
            #expect(range.count == Int(group.columns[leaf].bloomFilterByteCount ?? 0))
            let header = try file[range].withUnsafeBytes { try BloomFilterHeader($0) }
            let blocks = file[range].dropFirst(header.byteCount)
            let read = try blocks.withUnsafeBytes { try BloomFilter(blocks: $0) }
            func mightContain(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { read.mightContain($0) } }
            #expect(values.allSatisfy { mightContain($0) })
            #expect((0..<10_000).filter { mightContain("other \($0)") }.count < 300)
        }
    }

    @Test
    func `large batches are divided into row groups of so many rows`() throws {
        let table = NestedTable(rowCount: 1_000, seed: 4)
        var options = WriterOptions()
        options.rowGroupRowCount = 300
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: table.schema, options: options, to: sink)
        for _ in 0..<2 { try writer.append(table.batch) }
        #expect(writer.rowCount == 2_000)
        #expect(try writer.finish() == sink.bytes.count)
        #expect(throws: ParquetError.self) { try writer.append(table.batch) }
        let reader = try open(sink.bytes)
        #expect(reader.metadata.rowGroups.map(\.rowCount) == [300, 300, 300, 300, 300, 300, 200])
        let read = try (0..<7).map { try reader.readRowGroup($0) }
        for (index, column) in table.batch.columns.enumerated() {
            let values = ColumnDump.values(column)
            #expect(read.flatMap { ColumnDump.values($0.columns[index]) } == values + values)
        }
    }

    @Test
    func `the same batches and options make the same bytes`() throws {
        let table = NestedTable(rowCount: 700, seed: 12)
        var options = WriterOptions(codec: .zstd)
        for (index, field) in table.schema.fields.enumerated() where index % 2 == 0 {
            options.columns[[field.name]] = ColumnOptions(codec: .snappy)
        }
        let files = try (0..<3).map { _ in try write(table.batch, table.schema, options) }
        #expect(files[0] == files[1] && files[1] == files[2])
    }

    @Test
    func `row groups are copied as bytes, with all that belongs to them`() throws {
        let table = NestedTable(rowCount: 900, seed: 2)
        var options = WriterOptions(codec: .zstd)
        options.pageRowCount = 50
        options.rowGroupRowCount = 300
        for leaf in LeafColumn.leaves(of: table.schema) where leaf.physicalType != .boolean {
            options.columns[leaf.path] = ColumnOptions(bloomFilter: BloomFilterOptions())
        }
        options.sortingColumns = [SortingColumn(path: LeafColumn.leaves(of: table.schema)[0].path)]
        let file = try write(table.batch, table.schema, options)
        let reader = try open(file)
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: table.schema, to: sink)
        for group in 0..<3 { #expect(try reader.rowGroupCopy(group).ranges.count == 1) }
        try writer.append(rowGroup: 2, of: reader)
        try writer.append(table.batch)
        try writer.append(rowGroup: 0, of: reader)
        try writer.finish()
        let copied = try open(sink.bytes)
        #expect(copied.metadata.rowGroups.map(\.rowCount) == [300, 900, 300])
        for (from, to) in [(2, 0), (0, 2)] {
            let (own, other) = (reader.metadata.rowGroups[from], copied.metadata.rowGroups[to])
            #expect(own.sortingColumns == other.sortingColumns && own.compressedByteCount == other.compressedByteCount)
            for (left, right) in zip(own.columns, other.columns) {
                #expect(left.statistics == right.statistics && left.pageEncodings == right.pageEncodings)
                #expect(left.encodings == right.encodings && left.codec == right.codec && left.path == right.path)
                #expect(try reader.columnIndex(left) == copied.columnIndex(right))
                let places = try [reader.offsetIndex(left), copied.offsetIndex(right)].map { try #require($0).pages }
                #expect(places[0].map(\.firstRow) == places[1].map(\.firstRow) && places[0].count == 6)
                let pages = places[1].map { Array(sink.bytes[$0.offset..<$0.offset + $0.byteCount]) }
                #expect(places[0].map { Array(file[$0.offset..<$0.offset + $0.byteCount]) } == pages)
                let filters = try [reader.bloomFilterRange(left), copied.bloomFilterRange(right)]
                #expect((filters[0] == nil) == (filters[1] == nil))
                if let first = filters[0], let second = filters[1] {
                    #expect(Array(file[first]) == Array(sink.bytes[second]))
                }
            }
        }
        let values = try reader.readRowGroup(2).columns.map(ColumnDump.values)
        #expect(try copied.readRowGroup(0).columns.map(ColumnDump.values) == values)
        #expect(try copied.readRowGroup(2).columns.count == table.schema.fields.count)
    }

    @Test
    func `columns of a copied row group are left out, replaced and added`() throws {
        let table = NestedTable(rowCount: 200, seed: 8)
        let names = table.schema.fields.map(\.name)
        var options = WriterOptions(codec: .snappy)
        options.pageRowCount = 30
        options.columns[[names[1]]] = ColumnOptions(codec: .zstd)
        options.sortingColumns = [SortingColumn(path: LeafColumn.leaves(of: table.schema)[0].path)]
        let reader = try open(write(table.batch, table.schema, options))
        let added = Column(type: .leaf(.byteArray, .string))
        for row in 0..<200 { if row % 3 == 0 { added.appendNulls(1) } else { added.append("new \(row)") } }
        var schema = table.schema
        schema.fields.removeLast()
        schema.fields.insert(Field(name: "added", type: added.type), at: 1)
        let other = NestedTable(rowCount: 200, seed: 9)
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: WriterOptions(codec: .gzip), to: sink)
        let replaced = names[2]
        try writer.append(rowGroup: 0, of: reader, replacing: ["added": added, replaced: other.batch.columns[2]])
        try writer.finish()
        let copied = try open(sink.bytes)
        var columns = Array(table.batch.columns.dropLast())
        columns[2] = other.batch.columns[2]
        columns.insert(added, at: 1)
        try expect(copied, equals: columns)
        for (leaf, chunk) in zip(copied.leaves, copied.metadata.rowGroups[0].columns) {
            let isNew = leaf.path[0] == "added" || leaf.path[0] == replaced
            let codecs: Set<Int32> = isNew ? [0, 2] : leaf.path[0] == names[1] ? [0, 6] : [0, 1]
            #expect(codecs.contains(chunk.codec) && chunk.path == leaf.path)
            let index = try #require(try copied.offsetIndex(chunk))
            #expect(try index.isConsistent(rowCount: 200, within: copied.range(of: chunk)))
        }
        #expect(copied.metadata.rowGroups[0].sortingColumns == reader.metadata.rowGroups[0].sortingColumns)
        for columns in [["added": other.batch.columns[2]], ["added": Column(type: added.type)], ["none": added]] {
            let writer = try ParquetFileWriter(schema: schema, to: MemoryByteSink())
            let error = #expect(throws: ParquetError.self) {
                try writer.append(rowGroup: 0, of: reader, replacing: columns)
            }
            #expect(error?.code == .schemaMismatch)
        }
    }

    @Test
    func `a column with more bytes than its values take is refused`() throws {
        for isNested in [false, true] {
            let text = ColumnType.leaf(.byteArray, .string)
            let schema = TableSchema(fields: [Field(name: "c", type: isNested ? .list(text) : text)])
            let batch = RowBatch(schema: schema)
            if isNested { batch.columns[0].append(entryCount: 1) }
            let column = isNested ? batch.columns[0].children[0] : batch.columns[0]
            column.append("text")
            column.values.append(7)
            let error = #expect(throws: ParquetError.self) { try write(batch, schema, WriterOptions()) }
            #expect(error?.code == .schemaMismatch && error?.message.contains("c") ?? false)
        }
    }

    @Test
    func `a damaged bloom filter is left behind by a copy`() throws {
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.int64, nil))])
        let batch = RowBatch(schema: schema)
        for index in 0..<100 { batch.columns[0].append(Int64(index * 7_919 % 100)) }
        var options = WriterOptions()
        options.columns = [["c"]: ColumnOptions(bloomFilter: BloomFilterOptions())]
        var file = try write(batch, schema, options)
        let offset = try #require(try open(file).metadata.rowGroups[0].columns[0].bloomFilterOffset)
        file[offset + 3] ^= 0xff
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, to: sink)
        try writer.append(rowGroup: 0, of: open(file))
        try writer.finish()
        let copied = try open(sink.bytes)
        #expect(copied.metadata.rowGroups[0].columns[0].bloomFilterOffset == nil)
        try expect(copied, equals: batch.columns)
    }

    @Test
    func `a row group of another schema is not copied`() throws {
        let table = NestedTable(rowCount: 9, seed: 2)
        let reader = try open(write(table.batch, table.schema, WriterOptions()))
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.int64, nil))])
        let writer = try ParquetFileWriter(schema: schema, to: MemoryByteSink())
        let error = #expect(throws: ParquetError.self) { try writer.append(rowGroup: 0, of: reader) }
        #expect(error?.code == .schemaMismatch)
        #expect(throws: ParquetReadError.self) { try reader.rowGroupCopy(1) }
        let absent = #expect(throws: ParquetError.self) { try writer.append(rowGroup: 1, of: reader) }
        #expect(absent?.code == .schemaMismatch)
        try writer.finish()
    }

    @Test
    func `a sink that fails ends the file with its reason`() throws {
        struct Full: Error {}
        final class FullSink: ByteSink {
            func append(_ bytes: UnsafeRawBufferPointer) throws { throw Full() }
        }
        let error = #expect(throws: ParquetError.self) {
            try ParquetFileWriter(schema: TableSchema(fields: []), to: FullSink())
        }
        #expect(error?.code == .io && error?.message.contains("Full") ?? false)
    }

    @Test
    func `row groups of parquet-java are copied without a byte of their neighbours`() throws {
        let table = NestedTable(rowCount: 200, seed: 3)
        let file = MemoryByteSink()
        let old = "parquet-mr version 1.13.1 (build db41)"
        let source = try ParquetFileWriter(schema: table.schema, createdBy: old, to: file)
        try source.append(table.batch)
        try source.finish()
        let reader = try open(file.bytes)
        let copy = try reader.rowGroupCopy(0)
        let (own, copied) = (reader.metadata.rowGroups[0], copy.metadata.group)
        #expect(copied.columns.map(\.compressedByteCount) == own.columns.map(\.compressedByteCount))
        #expect(copy.ranges.count == 1 && copy.metadata.byteCount == own.compressedByteCount)
    }

    @Test
    func `row groups without rows are not copied, wherever their pages are said to lie`() throws {
        let schema = TableSchema(fields: [Field(name: "c", type: .leaf(.int32, nil))])
        var metadata = RowGroupMetadata(rowCount: 0)
        metadata.append(
            FileMetadata.ColumnChunk(
                physicalType: 1,
                encodings: [],
                path: ["c"],
                codec: 0,
                valueCount: 0,
                uncompressedByteCount: 15,
                compressedByteCount: 15,
                dataPageOffset: 0
            ),
            columnIndex: nil,
            offsetIndex: nil
        )
        let footer = FileFooter.encode(
            schema: schema,
            rowGroups: [(0, metadata)],
            keyValueMetadata: [],
            createdBy: "test",
            fileByteCount: 4
        )
        let reader = try open(FileFooter.magic + footer)
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, to: sink)
        try writer.append(rowGroup: 0, of: reader)
        #expect(throws: ParquetError.self) { try writer.append(rowGroup: 1, of: reader) }
        let column = Column(type: .leaf(.int32, nil))
        column.append(Int32(1))
        #expect(throws: ParquetError.self) { try writer.append(rowGroup: 0, of: reader, replacing: ["c": column]) }
        try writer.finish()
        #expect(try open(sink.bytes).rowGroupCount == 0)
    }

    @Test
    func `what is nested as deep as may be comes back`() throws {
        var type = ColumnType.leaf(.int32, nil)
        for _ in 0..<59 { type = .list(type) }
        let schema = TableSchema(fields: [Field(name: "deep", type: type)])
        let batch = RowBatch(schema: schema)
        var column = batch.columns[0]
        while let child = column.children.first {
            column.append(entryCount: 1)
            column = child
        }
        column.append(Int32(7))
        try expect(open(write(batch, schema, WriterOptions())), equals: batch.columns)
        let deeper = TableSchema(fields: [Field(name: "deeper", type: .list(type))])
        #expect(throws: ParquetError.self) { try RowGroupWriter(schema: deeper, options: WriterOptions()) }
    }

    @Test
    func `a column may have a level alone`() throws {
        let schema = TableSchema(fields: ["a", "b"].map { Field(name: $0, type: .leaf(.int64, nil)) })
        var options = WriterOptions(codec: .zstd, compressionLevel: 1)
        options.columns = [["a"]: ColumnOptions(compressionLevel: 19), ["b"]: ColumnOptions(codec: .gzip)]
        let layouts = try ColumnLayout.layouts(of: schema, options)
        #expect(layouts.map(\.compressionLevel) == [19, nil] && layouts.map(\.codec) == [.zstd, .gzip])
        options.columns = [["a"]: ColumnOptions(compressionLevel: 23)]
        #expect(throws: ParquetError.self) { try ColumnLayout.layouts(of: schema, options) }
    }

    @Test
    func `the longest path decides about a column, the root's about all`() throws {
        let pair = [Field(name: "x", type: .leaf(.int32, nil)), Field(name: "y", type: .leaf(.int32, nil))]
        let schema = TableSchema(fields: [
            Field(name: "s", type: .structure(pair)), Field(name: "x", type: .leaf(.int32, nil)),
        ])
        var options = WriterOptions()
        options.columns = [
            []: ColumnOptions(codec: .gzip), ["s"]: ColumnOptions(codec: .zstd),
            ["s", "y"]: ColumnOptions(codec: .lz4),
        ]
        #expect(try ColumnLayout.layouts(of: schema, options).map(\.codec) == [.zstd, .lz4, .gzip])
    }

    @Test
    func `options of ten thousand columns take no time`() throws {
        let schema = TableSchema(fields: (0..<10_000).map { Field(name: "c\($0)", type: .leaf(.int32, nil)) })
        var options = WriterOptions()
        for field in schema.fields { options.columns[[field.name]] = ColumnOptions(codec: .zstd) }
        var layouts: [ColumnLayout] = []
        let duration = try ContinuousClock().measure { layouts = try ColumnLayout.layouts(of: schema, options) }
        #expect(layouts.allSatisfy { $0.codec == .zstd })
        #expect(duration < .seconds(60))
    }

    @Test
    func `row groups of ten thousand columns are copied without comparing each with each`() throws {
        let schema = TableSchema(fields: (0..<10_000).map { Field(name: "c\($0)", type: .leaf(.int32, nil)) })
        let batch = RowBatch(schema: schema)
        for column in batch.columns { column.append(Int32(1)) }
        let reader = try open(write(batch, schema, WriterOptions()))
        let writer = try ParquetFileWriter(schema: schema, to: MemoryByteSink())
        let duration = try ContinuousClock().measure { try writer.append(rowGroup: 0, of: reader) }
        #expect(duration < .seconds(60))
        #expect(writer.rowCount == 1)
    }

    @Test
    func `a bloom filter is left out only where the page index says as much`() throws {
        let schema = TableSchema(fields: ["a", "b", "c", "d"].map { Field(name: $0, type: .leaf(.int32, nil)) })
        for (pageRowCount, isKept) in [(1_000, [true, true, true, true]), (100, [false, false, true, true])] {
            let batch = RowBatch(schema: schema)
            for row in 0..<Int32(1_000) {
                batch.columns[0].append(row / 30)
                batch.columns[1].append(-row)
                batch.columns[2].append(row * 7_919 % 1_000)
                // Bounds that ascend, of which each page has most of its neighbour's.
                batch.columns[3].append(row / 100 + row * 7_919 % 1_000 / 100 * 100)
            }
            var options = WriterOptions()
            options.pageRowCount = pageRowCount
            let filter = BloomFilterOptions(isLeftOutWhereSorted: true)
            for field in schema.fields { options.columns[[field.name]] = ColumnOptions(bloomFilter: filter) }
            let reader = try open(write(batch, schema, options))
            let chunks = reader.metadata.rowGroups[0].columns
            #expect(chunks.map { $0.bloomFilterOffset != nil } == isKept)
            let index = try #require(try reader.columnIndex(ofRowGroup: 0, leaf: reader.leaves[3]))
            #expect(index.boundaryOrder == .ascending)
        }
    }

    /// Takes so many calls, fails once and goes on.
    private final class FailingSink: ByteSink {
        private var left: Int

        init(failingAfter count: Int) { left = count }

        func append(_ bytes: UnsafeRawBufferPointer) throws {
            left -= 1
            if left == -1 { throw ParquetError(.io, "The disk is full.") }
        }
    }

    @Test
    func `after an error nothing more is written`() throws {
        let schema = TableSchema(fields: ["a", "b"].map { Field(name: $0, type: .leaf(.byteArray, .string)) })
        let batch = RowBatch(schema: schema)
        for row in 0..<100 { for column in batch.columns { column.append("value \(row % 2)") } }
        for count in 1...4 {
            let writer = try ParquetFileWriter(schema: schema, to: FailingSink(failingAfter: count))
            try writer.append(batch)
            for _ in 0..<2 {
                let error = #expect(throws: ParquetError.self) { try writer.finish() }
                #expect(error?.code == .io && error?.message.contains("disk") ?? false)
            }
            #expect(throws: ParquetError.self) { try writer.append(batch) }
        }
        let damaged = RowBatch(schema: schema)
        for column in damaged.columns { column.append("value") }
        damaged.columns[1].values.truncate(to: 5)
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, to: sink)
        try writer.append(batch)
        #expect(throws: ParquetError.self) { try writer.append(damaged) }
        #expect(throws: ParquetError.self) { try writer.append(batch) }
        #expect(throws: ParquetError.self) { try writer.finish() }
        #expect(sink.bytes == FileFooter.magic)
    }

    @Test
    func `a batch that is divided is looked through before`() throws {
        let text = ColumnType.leaf(.byteArray, .string)
        for type in [text, .list(text)] {
            let schema = TableSchema(fields: [Field(name: "c", type: type)])
            let batch = RowBatch(schema: schema)
            let column = batch.columns[0].children.first ?? batch.columns[0]
            for _ in 0..<2 {
                if !batch.columns[0].children.isEmpty { batch.columns[0].append(entryCount: 1) }
                column.append("text")
            }
            column.values.truncate(to: 8)
            column.values.appendLittleEndian(UInt32.max)
            var options = WriterOptions()
            options.rowGroupRowCount = 1
            let error = #expect(throws: ParquetError.self) { try write(batch, schema, options) }
            #expect(error?.code == .schemaMismatch)
        }
    }

    private func write(_ batch: RowBatch, _ schema: TableSchema, _ options: WriterOptions) throws -> [UInt8] {
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
        try writer.append(batch)
        try writer.finish()
        return sink.bytes
    }

    private func open(_ file: [UInt8]) throws -> ParquetFileReader {
        try ParquetFileReader(MemoryByteSource(file))
    }

    private func expect(_ reader: ParquetFileReader, equals columns: [Column]) throws {
        let groups = try (0..<reader.rowGroupCount).map { try reader.readRowGroup($0) }
        for (index, column) in columns.enumerated() {
            let read = groups.flatMap { ColumnDump.values($0.columns[index]) }
            #expect(read == ColumnDump.values(column), "\(reader.schema.fields[index].name)")
        }
    }
}

import Bytes
import Columnar
import Parquet
import TestSupport
import Testing

/// The code of the documentation, which is what these tests run.
@Suite("What the documentation shows")
struct DocumentationTests {
    private static let articles = ["Parquet", "Writing", "Reading", "Support"]

    private func text(of path: String) throws -> String {
        let source = try FileByteSource(path: path)
        let buffer = ByteBuffer()
        try source.read(0..<source.byteCount, into: buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test
    func `every piece of Swift in the documentation stands in this file`() throws {
        let code = try text(of: #filePath)
        let root: String = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        for article in Self.articles {
            let page = try text(of: "/\(root)/Sources/Parquet/Documentation.docc/\(article).md")
            for piece in Self.pieces(of: page) {
                #expect(code.contains(piece) || code.contains(Self.indented(piece)), "\(article).md: \(piece)")
            }
        }
    }

    private static func pieces(of page: String) -> [String] {
        var pieces: [String] = []
        var piece: [Substring]?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let piece { pieces.append(piece.joined(separator: "\n")) }
                piece = line == "```swift" ? [] : nil
            } else {
                piece?.append(line)
            }
        }
        return pieces
    }

    /// As it stands in a method.
    private static func indented(_ piece: String) -> String {
        let lines = piece.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { $0.isEmpty ? "" : "        \($0)" }.joined(separator: "\n")
    }

    @Test
    func `a table is written and read again`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/cities.parquet"

        let schema = TableSchema(fields: [
            Field(name: "city", type: .leaf(.byteArray, .string), isNullable: false),
            Field(name: "founded", type: .leaf(.int32, .date)),
            Field(name: "area", type: .leaf(.double, nil)),
        ])
        let batch = RowBatch(schema: schema)
        batch.columns[0].append("Bremen")
        batch.columns[1].appendNulls(1)
        batch.columns[2].append(419.6)

        let writer = try ParquetFileWriter(schema: schema, to: FileByteSink(path: path))
        try writer.append(batch)
        try writer.finish()

        let reader = try ParquetFileReader(FileByteSource(path: path))
        let areas = try reader.readRowGroup(0, columns: ["area"]).columns[0]
        let total = areas.withValues(as: Double.self) { values in
            var sum = 0.0
            for index in values.indices { sum += values[index] }
            return sum
        }

        #expect(total == 419.6)
        #expect(reader.schema == schema)
        let cities = try reader.readRowGroup(0).columns[0].texts
        #expect(cities == ["Bremen"])
    }

    @Test
    func `lists, maps and structures are filled from the outside to the inside`() throws {
        let text = ColumnType.leaf(.byteArray, .string)
        let point = ColumnType.structure([
            Field(name: "x", type: .leaf(.double, nil), isNullable: false),
            Field(name: "y", type: .leaf(.double, nil), isNullable: false),
        ])
        let schema = TableSchema(fields: [
            Field(name: "tags", type: .list(text)),
            Field(name: "names", type: .map(key: text, value: text)),
            Field(name: "place", type: point),
        ])
        let batch = RowBatch(schema: schema)
        let (tags, names, place) = (batch.columns[0], batch.columns[1], batch.columns[2])

        // A row of ["old", NULL], {"de": "Bremen"} and (8.8, 53.1).
        tags.append(entryCount: 2)
        tags.children[0].append("old")
        tags.children[0].appendNulls(1)
        names.append(entryCount: 1)
        names.children[0].append("de")
        names.children[1].append("Bremen")
        place.append(structureCount: 1)
        place.children[0].append(8.8)
        place.children[1].append(53.1)

        // A row of no tags, no names and no place.
        tags.append(entryCount: 0)
        names.append(entryCount: 0)
        place.appendNulls(1)

        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, to: sink)
        try writer.append(batch)
        try writer.finish()
        let rows = try json(sink.bytes)
        let expected = """
            {"tags":["old",null],"names":{"de":"Bremen"},"place":{"x":8.8,"y":53.1}}
            {"tags":[],"names":{},"place":null}

            """
        #expect(rows == expected)
    }

    private func json(_ file: [UInt8]) throws -> String {
        let reader = try ParquetFileReader(MemoryByteSource(file))

        let out = ByteBuffer()
        for index in 0..<reader.rowGroupCount {
            var rows = JSONRows(try reader.readRowGroup(index), names: reader.schema.fields.map(\.name))
            while !rows.isAtEnd {
                rows.append(to: out)
                out.append(UInt8(ascii: "\n"))
            }
        }

        return String(decoding: out.bytes, as: UTF8.self)
    }

    @Test
    func `options say how a file is laid out`() throws {
        let schema = TableSchema(fields: [
            Field(name: "id", type: .leaf(.int64, nil)), Field(name: "name", type: .leaf(.byteArray, .string)),
            Field(name: "price", type: .leaf(.double, nil)),
        ])
        let sink = MemoryByteSink()

        var options = WriterOptions(codec: .zstd, compressionLevel: 6)
        options.rowGroupRowCount = 100_000
        options.sortingColumns = [SortingColumn(path: ["id"])]
        options.columns = [
            ["id"]: ColumnOptions(encoding: .deltaBinaryPacked),
            ["name"]: ColumnOptions(bloomFilter: BloomFilterOptions()),
            ["price"]: ColumnOptions(codec: .snappy),
        ]
        let writer = try ParquetFileWriter(
            schema: schema,
            options: options,
            keyValueMetadata: [("source", "shop")],
            to: sink
        )

        let batch = RowBatch(schema: schema)
        for row in 0..<10 {
            batch.columns[0].append(Int64(row))
            batch.columns[1].append("name \(row)")
            batch.columns[2].append(Double(row))
        }
        try writer.append(batch)
        try writer.finish()
        let reader = try ParquetFileReader(MemoryByteSource(sink.bytes))
        let summaries = reader.leaves.map { reader.summary(of: $0) }
        #expect(summaries.map(\.codecs) == [[6], [6], [1]])
        #expect(summaries[1].bloomFilter == .yes)
        #expect(summaries[2].bloomFilter == .no)
    }

    @Test
    func `row groups are taken over without decoding them`() throws {
        let table = NestedTable(rowCount: 50, seed: 1)
        let sources = try (0..<3).map { _ in try MemoryByteSource(table.encode(WriterOptions())) }
        let sink = MemoryByteSink()
        let schema = table.schema

        let writer = try ParquetFileWriter(schema: schema, to: sink)
        for source in sources {
            let reader = try ParquetFileReader(source)
            for index in 0..<reader.rowGroupCount { try writer.append(rowGroup: index, of: reader) }
        }
        try writer.finish()

        #expect(try ParquetFileReader(MemoryByteSource(sink.bytes)).rowCount == 150)
    }

    @Test
    func `what the footer says decides what is read`() throws {
        let table = SampleTable(shape: .required, rowCount: 7_000)
        let source = try MemoryByteSource(table.encode(codec: .snappy, hasDictionary: true))

        let reader = try ParquetFileReader(source)
        guard let ids = reader.leaves.first(where: { $0.path == ["id"] }) else { return }
        var wanted: [RowBatch] = []
        for index in 0..<reader.rowGroupCount {
            let summary = reader.summary(of: ids, rowGroups: index..<index + 1)
            let least = summary.min.flatMap { ValueText($0.bytes.span.bytes, ids.physicalType, ids.logicalType) }
            print(reader.rowCount(ofRowGroup: index), least?.text ?? "unknown")
            if index > 0 { wanted.append(try reader.readRowGroup(index, columns: ["id", "text"])) }
        }

        #expect(wanted.map(\.rowCount) == [3_000, 1_000])
    }

    @Test
    func `bytes of anybody are read within limits`() throws {
        let bytes = try NestedTable(rowCount: 20, seed: 2).encode(WriterOptions())
        func use(_ batch: RowBatch) { #expect(batch.rowCount == 20) }

        var options = ReaderOptions()
        options.maximumColumnByteCount = 64 << 20
        do {
            let reader = try ParquetFileReader(MemoryByteSource(bytes), options: options)
            for index in 0..<reader.rowGroupCount { use(try reader.readRowGroup(index)) }
        } catch {
            guard error.code == .tooLarge else { throw error }
            print("The file wants more memory than it may have: \(error)")
        }
    }
}

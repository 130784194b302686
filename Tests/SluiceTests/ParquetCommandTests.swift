import ArgumentParser
import Bytes
import Columnar
import Foundation
import Lake
import ObjectStorage
import Parquet
import Replication
import Synchronization
import TestSupport
import Testing

@testable import sluice

private let publicFiles = ProcessInfo.processInfo.environment["PARQUET_TEST_DATA"]

@Suite
struct ParquetCommandTests {
    @Test
    func `without options the file is described in text`() throws {
        let command = try ParquetCommand.parse(["a.parquet"])
        #expect(command.file == "a.parquet" && command.format == .text && command.head == nil)
        #expect(!command.rowGroups && !command.full)
    }

    @Test(arguments: [
        [], ["a", "b"], ["a", "--head"], ["a", "--head=-1"], ["a", "--head", "many"], ["a", "--format", "csv"],
        ["a", "--head", "1", "--row-groups"],
    ])
    func `wrong usage is refused`(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try ParquetCommand.parse(arguments) }
        #expect(ParquetCommand.exitCode(for: error).rawValue == 64)
    }

    @Test
    func `the description has a section for everything that the footer says`() throws {
        var options = WriterOptions(codec: .zstd)
        options.columns = [["id"]: ColumnOptions(bloomFilter: BloomFilterOptions())]
        options.sortingColumns = [SortingColumn(path: ["id"])]
        let text = try output([], of: Self.file(options, groupCount: 2))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let expected = [
            "file", "  name            test.parquet", "  rows            6", "  row groups      2 of 3 rows",
            "  columns         5 with 6 leaves", "  created by      test version 1.0.0 (build none)",
            "  format version  1", "  sorted by       id",
            "metadata", "  plain           text",
            "  odd\\u001b[31m  two\\nlines",
            "schema",
            "  id              INT64                                optional",
            "  day             INT32 DATE                           optional",
            "  amount          INT64 DECIMAL(18, 2)                 optional",
            "  note            BYTE_ARRAY STRING                    optional",
            "  tags            MAP                                  optional",
            "  ├─ key          BYTE_ARRAY STRING                    required",
            "  └─ value        LIST                                 optional",
        ]
        for line in expected { #expect(lines.contains { $0.squeezed == line.squeezed }, "\(line)\n\(text)") }
        #expect(lines.contains { $0.hasPrefix("  id ") && $0.contains("ZSTD") && $0.contains("  yes    yes    ") })
        #expect(lines.contains { $0.squeezed == "amount 6 2 -0.05 92233720368547758.07" })
        #expect(lines.contains { $0.squeezed == "day 6 0 0001-01-01 +5881580-07-11" })
    }

    @Test
    func `row groups are described one by one where that is asked for`() throws {
        let text = try output(["--row-groups"], of: Self.file(groupCount: 3))
        for index in 0..<3 { #expect(text.contains("\nrow group \(index): 3 rows, ")) }
        #expect(!text.contains("\ncolumns\n"))
    }

    @Test
    func `long values are cut off unless they are asked for`() throws {
        let file = try Self.file(note: String(repeating: "長", count: 2_000))
        let cut = try output(["--head", "2"], of: file)
        #expect(cut.contains("…") && cut.split(separator: "\n").allSatisfy { $0.count < 200 })
        #expect(try output(["--head", "2", "--full"], of: file).contains(String(repeating: "長", count: 2_000)))
        #expect(try output([], of: file).split(separator: "\n").allSatisfy { $0.count < 200 })
    }

    @Test
    func `no control character of a file reaches the output`() throws {
        let odd = "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\r\n"
        let file = try Self.file(note: odd, name: "note\(odd)", createdBy: odd)
        let options = [[], ["--row-groups"], ["--head", "5"], ["--head", "5", "--full"], ["--format", "json"]]
        for options in options + [["--head", "5", "--format", "json"]] {
            let text = try output(options, of: file)
            #expect(text.contains("\\u001b"))
            #expect(
                text.unicodeScalars.allSatisfy { scalar in
                    scalar == "\n" || scalar.properties.generalCategory != .control && scalar.value != 0x202e
                }
            )
        }
        let error = #expect(throws: WorkFailure.self) { try output([], of: Array(file.dropLast()), name: "a\(odd)") }
        #expect(error?.description.contains("\u{1b}") == false)
    }

    @Test(arguments: [0, 1, 3, 4, 6, 100])
    func `the first rows are as many as were asked for, over row groups`(count: Int) throws {
        let file = try Self.file(groupCount: 2)
        let text = try output(["--head", "\(count)"], of: file)
        #expect(text.split(separator: "\n").count { !$0.contains("id  ") } == min(count, 6))
        let json = try output(["--head", "\(count)", "--format", "json"], of: file)
        let rows = try json.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(rows.count == min(count, 6))
        #expect(rows.map { $0["id"] as? Int } == Array([1, 2, nil, 1, 2, nil].prefix(count)))
    }

    @Test
    func `a row as JSON has every kind of value`() throws {
        let json = try output(["--head", "2", "--format", "json"], of: Self.file(note: "n"))
        #expect(
            json == """
                {"id":1,"day":"0001-01-01","amount":"-0.05","note":"n","tags":{"k":["a",null]}}
                {"id":2,"day":"+5881580-07-11","amount":"92233720368547758.07","note":"","tags":{}}

                """
        )
    }

    @Test
    func `rows that are wider than the terminal are shown one below the other`() throws {
        let text = try output(["--head", "1"], of: Self.file(note: "n"), width: 40)
        #expect(
            text == """
                row 1
                  id      1
                  day     0001-01-01
                  amount  -0.05
                  note    n
                  tags    {"k":["a",null]}

                """
        )
    }

    @Test
    func `the description as JSON is one object with all keys`() throws {
        let json = try output(["--format", "json", "--row-groups"], of: Self.file(groupCount: 2))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["rows"] as? Int == 6)
        #expect(object["row_group_count"] as? Int == 2)
        let groups = try #require(object["row_groups"] as? [[String: Any]])
        let columns = try #require(groups[1]["columns"] as? [[String: Any]])
        #expect(columns.count == 6)
        #expect(columns[0]["min"] as? Int == 1 && columns[0]["max"] as? Int == 2 && columns[0]["nulls"] as? Int == 1)
        #expect(columns[1]["max"] as? String == "+5881580-07-11")
        #expect(columns[4]["path"] as? [String] == ["tags", "key_value", "key"])
        let schema = try #require(object["schema"] as? [[String: Any]])
        #expect(schema[4]["logical_type"] as? String == "MAP" && schema[4]["type"] is NSNull)
    }

    @Test
    func `a file without rows and one without columns are described and headed`() throws {
        let empty = try Self.file(groupCount: 0)
        #expect(try output([], of: empty).squeezed.contains("rows 0"))
        #expect(try output(["--head", "5"], of: empty) == "The file has no rows.\n")
        #expect(try output(["--head", "5", "--format", "json"], of: empty).isEmpty)
        #expect(try output([], of: Self.withoutColumns).squeezed.contains("rows 2"))
        #expect(try output(["--head", "5"], of: Self.withoutColumns) == "The file has no columns.\n")
        #expect(try output(["--head", "5", "--format", "json"], of: Self.withoutColumns) == "{}\n{}\n")
    }

    /// A footer of the root alone: version 1, a schema of one element `r` without children, 2 rows in a row group
    /// without columns.
    private static let withoutColumns: [UInt8] = {
        let footer: [UInt8] = [
            0x15, 2, 0x19, 0x1c, 0x48, 1, 0x72, 0x15, 0, 0, 0x16, 4, 0x19, 0x1c, 0x19, 0x0c, 0x16, 0, 0x16, 4, 0, 0,
        ]
        return Array("PAR1".utf8) + footer + [UInt8(footer.count), 0, 0, 0] + Array("PAR1".utf8)
    }()

    @Test
    func `a file that is cut off or damaged is an error that names it, never a crash`() throws {
        let file = try Self.file(groupCount: 2)
        for count in stride(from: 0, to: file.count, by: 7) {
            let error = #expect(throws: WorkFailure.self) { try output([], of: Array(file[..<count])) }
            #expect(error?.description.hasPrefix("test.parquet: ") == true)
        }
        var random = SeededGenerator(seed: 1)
        let commands = [
            [], ["--row-groups"], ["--format", "json"], ["--head", "9"], ["--head", "9", "--format", "json"],
        ]
        for round in 0..<400 {
            var damaged = file
            // The footer most of all, which all is shown from.
            let range = round % 4 == 0 ? file.indices : file.count - 900..<file.count
            damaged[Int.random(in: range, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? output(commands[round % commands.count], of: damaged)
        }
    }

    @Test
    func `what is no file is said to be none`() async throws {
        let folder = try TemporaryFolder()
        mkfifo("\(folder.path)/pipe", 0o600)
        let cases = [
            ("-", "name a file."), (folder.path, "is a folder: name a file in it."),
            ("\(folder.path)/pipe", "is no regular file."), ("\(folder.path)/none", "No such file or directory"),
            ("s3://bucket", "use s3://bucket/key"),
        ]
        for (location, message) in cases {
            let error = await #expect(throws: WorkFailure.self) {
                try await InputFile.open(location, environment: [:])
            }
            #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test
    func `an object is read by ranges, and must stay what it was`() async throws {
        let folder = try TemporaryFolder()
        let store = try LocalFolderStore(path: folder.path)
        // Longer than the end of an object that is fetched at once and kept, however well it is compressed.
        let note = (0..<200_000).map { _ in "\(Int.random(in: 0...9))" }.joined()
        let file = try Self.file(note: "object \(note)")
        _ = try await store.put("a/b.parquet", .bytes(file), condition: .none)
        let source = try await ObjectByteSource("a/b.parquet", in: store)
        let text = try await onOwnThread("test") { try output(["--head", "1"], of: source) }
        #expect(text.contains("object"))
        _ = try await store.put("a/b.parquet", .bytes(file + file), condition: .none)
        await #expect(throws: WorkFailure.self) {
            _ = try await onOwnThread("test") { try output(["--head", "1"], of: source) }
        }
        await #expect(throws: ObjectStorageError.self) { try await ObjectByteSource("a/c.parquet", in: store) }
    }

    @Test
    func `the first rows cost no more than their pages`() throws {
        let schema = TableSchema(fields: [Field(name: "id", type: .leaf(.int64, nil))])
        let batch = RowBatch(schema: schema)
        for row in 0..<200_000 { batch.columns[0].append(Int64(row)) }
        var options = WriterOptions(codec: .none)
        options.dictionaryByteCount = 0
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
        try writer.append(batch)
        try writer.finish()
        let source = CountingByteSource(sink.bytes)
        #expect(try output(["--head", "3"], of: source) == "id\n 0\n 1\n 2\n")
        #expect(source.readByteCount < 200_000 && sink.bytes.count > 1_600_000)
    }

    @Test
    func `output that nobody reads any more ends the command without an error`() throws {
        let command = try ParquetCommand.parse(["a", "--head", "3", "--format", "json"])
        try command.show(MemoryByteSource(Self.file()), to: OutputStream { _ in throw OutputStream.Closed() })
    }
}

extension ParquetCommandTests {
    @Suite(
        "The public Parquet files, shown",
        .enabled(if: publicFiles != nil, "set PARQUET_TEST_DATA to a copy of apache/parquet-testing to run these")
    )
    struct PublicFilesTests {
        @Test
        func `every file is described, and headed if the library reads it`() throws {
            let folder = try #require(publicFiles) + "/data"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".parquet") }
            let tests = ParquetCommandTests()
            for name in names.sorted() {
                let source = try FileByteSource(path: "\(folder)/\(name)")
                for options in [[], ["--row-groups"], ["--full"], ["--format", "json"]] {
                    #expect(try !tests.output(options, of: source).isEmpty, "\(name)")
                }
                let isRead = (try? ParquetFileReader(source).readRowGroup(0)) != nil
                for options in [["--head", "3"], ["--head", "99999", "--format", "json"]] {
                    let text = try? tests.output(options, of: source)
                    #expect(!isRead || text != nil, "\(name)")
                }
            }
        }
    }
}

extension ParquetCommandTests {
    /// What the command writes about a file.
    private func output(_ options: [String], of file: [UInt8], name: String = "test.parquet", width: Int? = nil) throws
        -> String
    {
        try output(options, of: MemoryByteSource(file), name: name, width: width)
    }

    private func output(
        _ options: [String],
        of source: any ByteSource,
        name: String = "test.parquet",
        width: Int? = nil
    ) throws -> String {
        let written = Mutex<[UInt8]>([])
        try withoutActuallyEscaping({ (bytes: UnsafeRawBufferPointer) in written.withLock { $0 += bytes } }) { write in
            try ParquetCommand.parse([name] + options).show(source, to: OutputStream(width: width, write: write))
        }
        return written.withLock { String(decoding: $0, as: UTF8.self) }
    }

    /// A file of three rows a row group.
    private static func file(
        _ options: WriterOptions = WriterOptions(),
        groupCount: Int = 1,
        note: String = "",
        name: String = "note",
        createdBy: String = "test version 1.0.0 (build none)"
    ) throws -> [UInt8] {
        let text = ColumnType.leaf(.byteArray, .string)
        let schema = TableSchema(fields: [
            Field(name: "id", type: .leaf(.int64, nil)), Field(name: "day", type: .leaf(.int32, .date)),
            Field(name: "amount", type: .leaf(.int64, .decimal(precision: 18, scale: 2))),
            Field(name: name, type: text), Field(name: "tags", type: .map(key: text, value: .list(text))),
        ])
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(
            schema: schema,
            options: options,
            keyValueMetadata: [("plain", "text"), ("odd\u{1b}[31m", "two\nlines")],
            createdBy: createdBy,
            to: sink
        )
        for _ in 0..<groupCount {
            let batch = RowBatch(schema: schema)
            batch.columns[0].append(Int64(1))
            batch.columns[0].append(Int64(2))
            batch.columns[0].appendNulls(1)
            for day: Int32 in [-719_162, .max, 0] { batch.columns[1].append(day) }
            batch.columns[2].append(Int64(-5))
            batch.columns[2].append(Int64.max)
            batch.columns[2].appendNulls(1)
            for text in [note, "", "x"] { batch.columns[3].append(text) }
            let tags = batch.columns[4]
            tags.append(entryCount: 1)
            tags.append(entryCount: 0)
            tags.appendNulls(1)
            tags.children[0].append("k")
            tags.children[1].append(entryCount: 2)
            tags.children[1].children[0].append("a")
            tags.children[1].children[0].appendNulls(1)
            try writer.append(batch)
            try writer.endRowGroup()
        }
        try writer.finish()
        return sink.bytes
    }
}

extension String {
    /// The text with one blank in the place of several, and none at its ends.
    fileprivate var squeezed: String {
        split { $0 == " " }.joined(separator: " ")
    }
}

/// Bytes in memory that know how many of them were asked for.
private final class CountingByteSource: ByteSource {
    private let bytes: MemoryByteSource
    private let count = Mutex(0)

    init(_ bytes: [UInt8]) {
        self.bytes = MemoryByteSource(bytes)
    }

    var byteCount: Int { bytes.byteCount }
    var readByteCount: Int { count.withLock { $0 } }

    func read(_ range: Range<Int>, into buffer: ByteBuffer) throws {
        count.withLock { $0 += range.count }
        bytes.read(range, into: buffer)
    }
}

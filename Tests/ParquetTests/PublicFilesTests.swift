import Bytes
import Columnar
import Foundation
import Parquet
import TestSupport
import Testing

/// The files of apache/parquet-testing, which every implementation reads.
private enum PublicFiles {
    static let variable = "PARQUET_TEST_DATA"

    static var folder: String? { ProcessInfo.processInfo.environment[variable] }

    /// Files that are not read, and why.
    static let unsupported = [
        "large_string_map.brotli.parquet": "brotli",
        "datapage_v1-corrupt-checksum.parquet": "checksum",
        "rle-dict-uncompressed-corrupt-checksum.parquet": "checksum",
    ]

    /// Files that are read, but not by pyarrow.
    static let notComparable: Set = ["incorrect_map_schema.parquet"]

    static func names() throws -> [String] {
        guard let folder else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder + "/data")
            .filter { $0.hasSuffix(".parquet") }.sorted()
    }

    static func read(_ name: String, options: ReaderOptions = ReaderOptions()) throws -> [(Field, [String])] {
        let path = try #require(folder) + "/data/" + name
        let reader = try ParquetFileReader(FileByteSource(path: path), options: options)
        var columns = reader.schema.fields.map { ($0, [String]()) }
        for index in 0..<reader.rowGroupCount {
            for (field, column) in try reader.readRowGroup(index).columns.enumerated() {
                columns[field].1 += ColumnDump.values(column)
            }
        }
        return columns
    }
}

@Suite(
    "The public Parquet files",
    .enabled(if: PublicFiles.folder != nil, "set PARQUET_TEST_DATA to a copy of apache/parquet-testing to run these")
)
struct PublicFilesTests {
    @Test
    func `every file is read, or is on the list with its reason`() throws {
        for name in try PublicFiles.names() {
            if let reason = PublicFiles.unsupported[name] {
                let error = #expect(throws: ParquetReadError.self) { try PublicFiles.read(name) }
                #expect(error?.message.contains(reason) ?? false, "\(name): \(String(describing: error))")
            } else {
                #expect(throws: Never.self, "\(name)") { try PublicFiles.read(name) }
            }
        }
    }

    @Test
    func `flipped bytes of every small file are an error or a value`() throws {
        var options = ReaderOptions()
        options.verifiesChecksums = false
        options.maximumColumnByteCount = 64 << 20
        var random = SeededRandom(state: 7)
        let folder = try #require(PublicFiles.folder)
        for name in try PublicFiles.names() {
            let file = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/data/\(name)")))
            guard file.count < 16 << 10 else { continue }
            for _ in 0..<60 {
                var damaged = file
                damaged[random.next(below: file.count)] ^= UInt8(truncatingIfNeeded: 1 + random.next(below: 255))
                // The errors are typed: that the process goes on is what is tested.
                guard let reader = try? ParquetFileReader(MemoryByteSource(damaged), options: options) else { continue }
                for index in 0..<reader.rowGroupCount {
                    _ = try? reader.readRowGroup(index)
                    _ = try? reader.readRowGroup(index, rows: [1..<3, 5..<6])
                }
            }
        }
    }

    @Test
    func `batches, and some rows, of every small file are those of the whole row group`() throws {
        var random = SeededRandom(state: 3)
        let folder = try #require(PublicFiles.folder)
        for name in try PublicFiles.names() where PublicFiles.unsupported[name] == nil {
            let file = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/data/\(name)")))
            guard file.count < 256 << 10 else { continue }
            let reader = try ParquetFileReader(MemoryByteSource(file))
            for index in 0..<reader.rowGroupCount {
                let whole = try reader.readRowGroup(index).columns.map(ColumnDump.values)
                let count = reader.rowCount(ofRowGroup: index)
                let batches = try reader.batches(
                    ofRowGroup: index,
                    maximumRowCount: 1 + random.next(below: 1 + count / 2)
                )
                var read = whole.map { _ in [String]() }
                while let batch = try batches.next() {
                    for (place, column) in batch.columns.enumerated() { read[place] += ColumnDump.values(column) }
                }
                #expect(read == whole, "\(name)")
                let start = random.next(below: count + 1)
                let rows = [start..<min(count, start + 1 + random.next(below: 50)), count / 3..<count / 2]
                let kept = (0..<count).filter { row in rows.contains { $0.contains(row) } }
                let some = try reader.readRowGroup(index, rows: rows).columns.map(ColumnDump.values)
                #expect(some == whole.map { values in kept.map { values[$0] } }, "\(name)")
            }
        }
    }

    @Test
    func `corrupt checksums are overlooked where the options say so`() throws {
        var options = ReaderOptions()
        options.verifiesChecksums = false
        for name in ["datapage_v1-corrupt-checksum.parquet", "rle-dict-uncompressed-corrupt-checksum.parquet"] {
            #expect(try PublicFiles.read(name, options: options).allSatisfy { !$0.1.isEmpty })
        }
    }

    @Test(.enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow to run this"))
    func `every value is what pyarrow reads`() async throws {
        let folder = try TemporaryFolder()
        var pairs: [String] = []
        for name in try PublicFiles.names() where PublicFiles.unsupported[name] == nil {
            guard !PublicFiles.notComparable.contains(name), let columns = try? PublicFiles.read(name) else { continue }
            let dump = columns.map { field, values in
                "[\(String(reflecting: field.name)),[\(values.joined(separator: ","))]]"
            }
            let path = try #require(PublicFiles.folder) + "/data/" + name
            pairs += [path, try folder.write(name + ".json", "[\(dump.joined(separator: ",\n"))]")]
        }
        #expect(try await Judge.runs("dump.py", pairs))
    }

    @Test(.enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow to run this"))
    func `every row as JSON is what pyarrow reads`() async throws {
        let folder = try TemporaryFolder()
        var pairs: [String] = []
        for name in try PublicFiles.names() where PublicFiles.unsupported[name] == nil {
            // pyarrow counts the nanoseconds of INT96 in 64 bits, which end in 2262.
            guard !PublicFiles.notComparable.contains(name), name != "int96_from_spark.parquet" else { continue }
            let path = try #require(PublicFiles.folder) + "/data/" + name
            let reader = try ParquetFileReader(FileByteSource(path: path))
            let out = ByteBuffer()
            for index in 0..<reader.rowGroupCount {
                var rows = JSONRows(try reader.readRowGroup(index), names: reader.schema.fields.map(\.name))
                while !rows.isAtEnd {
                    rows.append(to: out)
                    out.append(UInt8(ascii: "\n"))
                }
            }
            pairs += [path, try folder.write(name + ".jsonl", out.copyBytes())]
        }
        #expect(try await Judge.runs("rows.py", pairs))
    }

    @Test
    func `the instants of INT96 are shown beyond 64 bits of nanoseconds`() throws {
        let path = try #require(PublicFiles.folder) + "/data/int96_from_spark.parquet"
        let column = try ParquetFileReader(FileByteSource(path: path)).readRowGroup(0).columns[0]
        var cursor = TextCursor(column)
        var texts: [String?] = []
        while !cursor.isAtEnd { texts.append(cursor.next()?.text) }
        // Spark could not count the sixth, and wrote another.
        #expect(
            texts.prefix(5) == [
                "2024-01-01T20:34:56.123456000", "2024-01-01T01:00:00.000000000", "9999-12-31T03:00:00.000000000",
                "2024-12-30T23:00:00.000000000", nil,
            ]
        )
    }
}

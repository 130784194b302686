import Foundation
import Parquet
import TestSupport
import Testing

/// The Python that has pyarrow and DuckDB; scripts/test names it wherever it runs what needs it.
enum Judge {
    static let variable = "SLUICE_TEST_PYTHON"

    private static let environment = ProcessInfo.processInfo.environment

    /// Whether the tests run: also where Python is required and missing, so that they fail.
    static var isWanted: Bool { environment[variable] != nil || environment["SLUICE_TEST_SERVERS"] == "required" }

    /// Lets Readers/judge.py read the files; it says on standard error what it objects to.
    static func accepts(_ kind: String, _ paths: [String]) async throws -> Bool {
        try await runs("judge.py", [kind] + paths)
    }

    /// Whether a script of Readers/ ends without objections.
    static func runs(_ name: String, _ arguments: [String], python other: String? = nil) async throws -> Bool {
        let wanted = other ?? environment[variable]
        let python = try #require(wanted, "\(variable) is not set, and SLUICE_TEST_SERVERS=required")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Readers/\(name)")
        let process = Process()
        process.executableURL = URL(filePath: python)
        // No compiled scripts are left among the sources.
        process.arguments = ["-B", script.path(percentEncoded: false)] + arguments
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        return process.terminationStatus == 0
    }
}

@Suite(
    "Parquet files as pyarrow and DuckDB read them",
    .enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow and duckdb to run these")
)
struct ParquetReaderTests {
    @Test
    func `both readers find every value, whatever the codec`() async throws {
        let table = SampleTable(shape: .mixed, rowCount: 4_500)
        try await judge(CompressionCodec.allCases.flatMap { [(table, $0, true), (table, $0, false)] })
    }

    @Test
    func `both readers find every value of columns that are never NULL`() async throws {
        let table = SampleTable(shape: .required, rowCount: 3_500)
        try await judge([(table, .zstd, true), (table, .zstd, false)])
    }

    @Test
    func `both readers find nothing but NULL`() async throws {
        let table = SampleTable(shape: .nulls, rowCount: 3_500)
        try await judge([(table, .zstd, true), (table, .zstd, false)])
    }

    @Test
    func `both readers find no row, one row and a few`() async throws {
        try await judge(
            SampleTable.Shape.allCases.flatMap { shape in
                [0, 1, 2, 9].map { (SampleTable(shape: shape, rowCount: $0), .zstd, true) }
            }
        )
    }

    @Test
    func `both readers find the bounds and the keys that were meant`() async throws {
        let folder = try TemporaryFolder()
        #expect(try await Judge.accepts("edges", [folder.write("edges.parquet", EdgeTable.encode())]))
    }

    private func judge(_ files: [(table: SampleTable, codec: CompressionCodec, hasDictionary: Bool)]) async throws {
        let folder = try TemporaryFolder()
        let paths = try files.map { file in
            // The script takes from the name what it cannot know otherwise.
            let encoding = file.hasDictionary ? "dictionary" : "plain"
            return try folder.write(
                "\(file.table.shape)-\(file.table.rowCount)-\(file.codec)-\(encoding).parquet",
                file.table.encode(codec: file.codec, hasDictionary: file.hasDictionary)
            )
        }
        #expect(try await Judge.accepts("sample", paths))
    }
}

import Columnar
import Foundation
import FuzzTargets
import Parquet
import TestSupport
import Testing

/// Random tables of every type, nesting, encoding and codec, written and read.
///
/// What fails names its seed; `SLUICE_TEST_SEED` begins with it, `SLUICE_TEST_ROUNDS` says how many seeds follow.
@Suite("Random tables")
struct PropertyTests {
    private static func seeds(_ defaultCount: Int) -> Range<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        let first = environment["SLUICE_TEST_SEED"].flatMap { UInt64($0) } ?? 1
        return first..<(first + (environment["SLUICE_TEST_ROUNDS"].flatMap { UInt64($0) } ?? UInt64(defaultCount)))
    }

    private static func table(_ seed: UInt64) -> RandomTable {
        var choices = Choices(seed: seed)
        let rowCount = choices.pick([3, 40, 300, 3_000])
        return RandomTable(&choices, columnCount: 5, rowCount: rowCount)
    }

    @Test
    func `every table comes back as it was written, byte for byte`() throws {
        for seed in Self.seeds(120) {
            let table = Self.table(seed)
            let file = try table.encode()
            #expect(DamagedFileFuzz.isRead(file, as: table), "SLUICE_TEST_SEED=\(seed)")
            let again = try Self.table(seed).encode()
            #expect(file == again, "the same batches make other bytes: SLUICE_TEST_SEED=\(seed)")
        }
    }

    @Test
    func `some rows of every table, batches and copies of it are those of the whole`() throws {
        for seed in Self.seeds(40) {
            let table = Self.table(seed)
            let file = try table.encode()
            WholeFile.copy(file)
            let reader = try ParquetFileReader(MemoryByteSource(file))
            var choices = Choices(seed: seed)
            for (index, batch) in table.batches.enumerated() {
                let whole = batch.columns.map(ColumnDump.values)
                let bounds = (0..<6).map { _ in choices.next(below: batch.rowCount + 1) }.sorted()
                let rows = [bounds[0]..<bounds[1], bounds[2]..<bounds[3], bounds[4]..<bounds[5]]
                let some = try reader.readRowGroup(index, rows: rows).columns.map(ColumnDump.values)
                let kept = (0..<batch.rowCount).filter { row in rows.contains { $0.contains(row) } }
                #expect(some == whole.map { values in kept.map { values[$0] } }, "rows: SLUICE_TEST_SEED=\(seed)")
                let count = 1 + choices.next(below: batch.rowCount)
                let batches = try reader.batches(ofRowGroup: index, maximumRowCount: count)
                var read = whole.map { _ in [String]() }
                while let batch = try batches.next() {
                    for (place, column) in batch.columns.enumerated() { read[place] += ColumnDump.values(column) }
                }
                #expect(read == whole, "batches of \(count): SLUICE_TEST_SEED=\(seed)")
            }
        }
    }

    @Test(.enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow and duckdb to run this"))
    func `pyarrow and DuckDB read every table as it was written`() async throws {
        let folder = try TemporaryFolder()
        var pairs: [String] = []
        for seed in Self.seeds(60) {
            let table = Self.table(seed)
            pairs.append(try folder.write("seed-\(seed).parquet", table.encode()))
            pairs.append(try folder.write("seed-\(seed).json", dump(table.schema, table.batches)))
        }
        #expect(try await Judge.runs("roundtrip.py", pairs))
    }

    @Test(.enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow and duckdb to run this"))
    func `what pyarrow and DuckDB write is read as they read it`() async throws {
        let folder = try TemporaryFolder()
        let seeds = Self.seeds(60)
        #expect(try await Judge.runs("random_files.py", ["\(seeds.lowerBound)", "\(seeds.count)", folder.path]))
        var pairs: [String] = []
        for seed in seeds {
            for writer in ["pyarrow", "duckdb"] {
                let path = "\(folder.path)/\(writer)-\(seed).parquet"
                guard FileManager.default.fileExists(atPath: path) else { continue }
                do {
                    let reader = try ParquetFileReader(FileByteSource(path: path))
                    let batches = try (0..<reader.rowGroupCount).map { try reader.readRowGroup($0) }
                    for (index, batch) in batches.enumerated() {
                        for column in batch.columns {
                            WholeColumn.check(column, slotCount: reader.rowCount(ofRowGroup: index))
                        }
                    }
                    pairs += [path, try folder.write("\(writer)-\(seed).json", dump(reader.schema, batches))]
                } catch {
                    Issue.record("\(writer), SLUICE_TEST_SEED=\(seed): \(error)")
                }
            }
        }
        #expect(try await Judge.runs("dump.py", pairs))
    }

    private func dump(_ schema: TableSchema, _ batches: [RowBatch]) -> String {
        let columns = schema.fields.enumerated().map { index, field in
            let values = batches.flatMap { ColumnDump.values($0.columns[index]) }
            return "[\(String(reflecting: field.name)),[\(values.joined(separator: ","))]]"
        }
        return "[\(columns.joined(separator: ",\n"))]"
    }
}

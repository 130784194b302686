import CAllocationCounter
import Columnar
import Parquet

/// One piece of the Parquet module's work at a time, for `scripts/test --thresholds` to count what it costs.
///
///     ParquetWork cases           the names of the pieces, one a line
///     ParquetWork count CASE      does it, and prints the rows and how often memory was asked for
///
/// What lies between the two calls of `allocation_count` is the work; callgrind is told to cut there.
@main
enum ParquetWork {
    private static let rowCount = 200_000
    private static let warmUpRowCount = 2_000

    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["cases"] { return WorkCase.allCases.forEach { print($0.rawValue) } }
        guard arguments.count == 2, arguments[0] == "count", let work = WorkCase(rawValue: arguments[1]) else {
            throw UsageError()
        }
        // Metadata of generic types, tables of protocols and the like come into being once.
        _ = try count(work, rowCount: warmUpRowCount) { 0 }
        let allocationCount = try count(work, rowCount: rowCount, allocations: allocation_count)
        print(rowCount, allocationCount)
    }

    private struct UsageError: Error {}
    private struct WrongRowCount: Error {}

    private static func count(_ work: WorkCase, rowCount: Int, allocations: () -> UInt64) throws -> UInt64 {
        let rows = InvoiceRows(count: rowCount)
        let file = MemoryByteSink()
        if work.isWriting {
            let before = allocations()
            try write(rows, work.options, to: file)
            return allocations() - before
        }
        try write(rows, work.options, to: file)
        let source = MemoryByteSource(bytes: file.bytes)
        let before = allocations()
        let readCount = try readRowCount(source)
        let after = allocations()
        guard readCount == rowCount else { throw WrongRowCount() }
        return after - before
    }

    private static func write(_ rows: InvoiceRows, _ options: WriterOptions, to file: MemoryByteSink) throws {
        let writer = try ParquetFileWriter(schema: InvoiceRows.schema, options: options, to: file)
        for batch in rows.batches { try writer.append(batch) }
        try writer.finish()
    }

    private static func readRowCount(_ source: MemoryByteSource) throws -> Int {
        let reader = try ParquetFileReader(source)
        return try (0..<reader.rowGroupCount).reduce(0) { try $0 + reader.readRowGroup($1).rowCount }
    }
}

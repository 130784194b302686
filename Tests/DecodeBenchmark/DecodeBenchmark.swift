import Bytes
import CAllocationCounter
import Columnar
import Ingest
import Parquet
import PostgresWire

/// What a change costs on its way from the wire to a page, stage by stage, and how often it asks for memory.
///
///     DecodeBenchmark               times all stages
///     DecodeBenchmark cases         the names of the stages, one a line
///     DecodeBenchmark count STAGE   does one, and prints the rows and how often memory was asked for
///
/// The latter two are for `scripts/test --thresholds`, as those of ParquetWork are. Timing exits 1 if the steady state
/// asks for memory for rows instead of for batches.
@main
enum DecodeBenchmark {
    private static let rowCount = 1_000_000
    /// Enough for what a row group asks for to weigh little.
    private static let countedRowCount = 200_000
    private static let batchRowCount = 4_096
    /// A batch may ask for memory a few times, a row never.
    private static let allowedPerRow = 0.01

    private static let stages: [(name: String, run: @Sendable (Pipeline, InvoiceMessages) throws -> Void)] = [
        ("decode messages", { try $0.decode($1) }),
        ("+ rows into a batch", { try $0.append($1) }),
        ("+ cells into columns", { try $0.fillColumns($1) }),
        ("+ pages (snappy)", { try $0.fillPages($1) }),
    ]

    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.isEmpty { return try time() }
        if arguments == ["cases"] { return stages.forEach { print($0.name) } }
        guard arguments.count == 2, arguments[0] == "count",
            let stage = stages.first(where: { $0.name == arguments[1] })
        else { throw UsageError() }
        let work = try run(stage.run, InvoiceMessages(count: batchRowCount), rowCount: countedRowCount)
        print(work.rowCount, work.allocationCount)
    }

    private struct UsageError: Error {}

    private static func time() throws {
        let messages = InvoiceMessages(count: batchRowCount)
        print(
            "\(rowCount) inserts of \(InvoiceMessages.columns.count) columns, \(messages.byteCount / batchRowCount) bytes each\n"
        )
        var isClean = true
        for stage in stages {
            let work = try run(stage.run, messages, rowCount: rowCount)
            let perRow = Double(work.allocationCount) / Double(work.rowCount)
            let rate = Int(Double(work.rowCount) / work.seconds)
            let name = stage.name + String(repeating: " ", count: 22 - stage.name.utf8.count)
            print("\(name) \(rate) rows/s, \(Double(Int(perRow * 100_000)) / 100_000) allocations a row")
            if perRow > allowedPerRow { isClean = false }
        }
        guard isClean else { throw TooManyAllocations() }
    }

    private static func run(
        _ stage: (Pipeline, InvoiceMessages) throws -> Void,
        _ messages: InvoiceMessages,
        rowCount: Int
    ) throws -> (rowCount: Int, seconds: Double, allocationCount: UInt64) {
        let pipeline = try Pipeline()
        // The first batches grow the buffers.
        for _ in 0..<8 { try stage(pipeline, messages) }
        let rounds = rowCount / batchRowCount
        let start = ContinuousClock.now
        let before = allocation_count()
        for _ in 0..<rounds { try stage(pipeline, messages) }
        let allocationCount = allocation_count() - before
        return (rounds * batchRowCount, (ContinuousClock.now - start) / .seconds(1), allocationCount)
    }

    private struct TooManyAllocations: Error {}
}

/// The hot path's parts, as the stream puts them together.
private final class Pipeline {
    private var decoder = PgOutputDecoder()
    private let rows: ChangeRows
    private let changes: ChangeDecoder
    private let batch: RowBatch
    private let writer: RowGroupWriter
    private let scratch: PageScratch
    private var sequence: Int64 = 0

    init() throws {
        let schema = ChangeSchema(
            columns: InvoiceMessages.columns.enumerated().map { cell, column in
                ChangeSchema.Column(
                    cell: cell,
                    name: column.name,
                    decoder: column.decoder,
                    type: column.decoder.columnType
                )
            }
        )
        rows = ChangeRows(columnCount: InvoiceMessages.columns.count, rowCapacity: 4_096)
        changes = ChangeDecoder(schema: schema)
        batch = RowBatch(schema: schema.table)
        writer = try RowGroupWriter(schema: schema.table, options: WriterOptions())
        scratch = PageScratch()
    }

    func decode(_ messages: InvoiceMessages) throws {
        for index in 0..<messages.batch.messageCount {
            try messages.batch.withMessage(index) { message throws in _ = try decoder.decode(message) }
        }
    }

    func append(_ messages: InvoiceMessages) throws {
        rows.removeAll()
        for index in 0..<messages.batch.messageCount {
            try messages.batch.withMessage(index) { message throws in
                guard case .insert(_, let tuple, _) = try decoder.decode(message) else { return }
                try rows.wire.append(tuple, of: message, columns: InvoiceMessages.cells)
                sequence += 1
                rows.stamp(
                    ChangeStamp(operation: .insert, lsn: 1 << 40, sequence: sequence, xid: 7, committedAt: 1 << 50)
                )
            }
        }
    }

    func fillColumns(_ messages: InvoiceMessages) throws {
        try append(messages)
        batch.removeAll()
        try changes.decode(rows, into: batch)
    }

    func fillPages(_ messages: InvoiceMessages) throws {
        try fillColumns(messages)
        try writer.append(batch, scratch: scratch)
        if writer.isFull { _ = try writer.finish(scratch: scratch) { _ in } }
    }
}

import Bytes
import CAllocationCounter
import Columnar
import Ingest
import Parquet
import PostgresWire

/// What a change costs on its way from the wire to a page, stage by stage, and how often it asks for memory.
///
/// Exits 1 if the steady state asks for memory for rows instead of for batches.
@main
enum DecodeBenchmark {
    private static let rowCount = 1_000_000
    private static let batchRowCount = 4_096
    /// A batch may ask for memory a few times, a row never.
    private static let allowedPerRow = 0.01

    static func main() throws {
        let messages = InvoiceMessages(count: batchRowCount)
        print(
            "\(rowCount) inserts of \(InvoiceMessages.columns.count) columns, \(messages.byteCount / batchRowCount) bytes each\n"
        )
        let stages: [(name: String, isPerPage: Bool, run: (Pipeline) throws -> Void)] = [
            ("decode messages", false, { try $0.decode(messages) }),
            ("+ rows into a batch", false, { try $0.append(messages) }),
            ("+ cells into columns", false, { try $0.fillColumns(messages) }),
            ("+ pages (snappy)", true, { try $0.fillPages(messages) }),
        ]
        var isClean = true
        for stage in stages {
            let pipeline = try Pipeline()
            // The first batches grow the buffers.
            for _ in 0..<8 { try stage.run(pipeline) }
            let before = allocation_count()
            let start = ContinuousClock.now
            let rounds = rowCount / batchRowCount
            for _ in 0..<rounds { try stage.run(pipeline) }
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            let perRow = Double(allocation_count() - before) / Double(rounds * batchRowCount)
            let rate = Int(Double(rounds * batchRowCount) / elapsed)
            let name = stage.name + String(repeating: " ", count: 22 - stage.name.utf8.count)
            print("\(name) \(rate) rows/s, \(Double(Int(perRow * 100_000)) / 100_000) allocations a row")
            if perRow > allowedPerRow { isClean = false }
        }
        guard isClean else { throw TooManyAllocations() }
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

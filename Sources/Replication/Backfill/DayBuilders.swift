import Columnar
import Ingest
import Lake
import Parquet
import PostgresWire

/// The days that one worker is filling for one table, within a memory limit.
///
/// A day's rows become pages in memory. They leave it as a row group in the day's local file when the row group is
/// full, when no row has come for a while (rows mostly come in the order of time, so the day is done), or when the
/// limit is reached: then the largest goes first.
final class DayBuilders {
    /// Batches without a row after which a day counts as idle.
    private static let idleBatchCount = 32
    /// The share of the limit from which idle days leave memory.
    private static let idleShare = 4

    private struct Builder {
        var writer: RowGroupWriter
        var byteCount = 0
        var lastBatch = 0
    }

    private let plan: TablePlan
    private let memoryLimit: Int
    private let path: (Int?) -> String
    private let decoder: RowDecoder
    private let router: DayRouter?
    private let batch: RowBatch
    /// Where `_deleted` is among the columns, which the decoder does not know; nil if there is none.
    private let deletedPlace: Int?
    private let scratch: PageScratch
    private var builders: [Int: Builder] = [:]
    private var spareWriters: [RowGroupWriter] = []
    private var fragments: [Int: RowGroupFile] = [:]
    private var memoryByteCount = 0
    private var batchNumber = 0
    private let wholeTable = 0

    /// Creates builders for a table.
    ///
    /// - Parameters:
    ///   - plan: The table.
    ///   - memoryLimit: Bytes that all builders together may hold.
    ///   - path: The local file of a day.
    init(plan: TablePlan, memoryLimit: Int, path: @escaping (Int?) -> String) {
        self.plan = plan
        self.memoryLimit = memoryLimit
        self.path = path
        decoder = RowDecoder(columns: plan.cells)
        router = plan.routing.map { DayRouter(kind: $0.kind, column: $0.column) }
        let deletedPlace = plan.schema.fields[plan.cells.count...].firstIndex { $0.name == RowLayout.deleted }
        batch = RowBatch(
            schema: TableSchema(
                fields: plan.schema.fields.indices.filter { $0 != deletedPlace }.map { plan.schema.fields[$0] }
            )
        )
        self.deletedPlace = deletedPlace
        scratch = PageScratch()
    }

    /// Takes the rows of a batch in.
    func append(_ wire: WireRowBatch) throws {
        batchNumber += 1
        if let router {
            for group in try router.groups(of: wire) { try append(group.rows, of: wire, day: group.day) }
        } else {
            let rows = (0..<UInt32(wire.rowCount)).map(\.self)
            try rows.withUnsafeBufferPointer { try append($0, of: wire, day: wholeTable) }
        }
        try keepWithinLimit()
    }

    /// Writes out what is left and hands over the files, by day.
    func finish() throws -> [Int: RowGroupFile] {
        for day in builders.keys.sorted() { try spill(day) }
        // A table without days is one object, also when it is empty.
        if router == nil, fragments.isEmpty { fragments[wholeTable] = RowGroupFile(path: path(nil)) }
        defer { fragments = [:] }
        return fragments
    }

    private func append(_ rows: UnsafeBufferPointer<UInt32>, of wire: WireRowBatch, day: Int) throws {
        try decoder.decode(rows, of: wire, lsn: 0, into: batch)
        defer { batch.removeAll() }
        var builder = try builders[day] ?? Builder(writer: spareWriters.popLast() ?? newWriter())
        try builder.writer.append(marked(batch), scratch: scratch)
        let byteCount = builder.writer.allocatedByteCount
        memoryByteCount += byteCount - builder.byteCount
        builder.byteCount = byteCount
        builder.lastBatch = batchNumber
        builders[day] = builder
        if builder.writer.isFull { try spill(day) }
    }

    /// A batch with a column that says of all rows that they are not deleted, if the table has one.
    private func marked(_ batch: RowBatch) -> RowBatch {
        guard let deletedPlace else { return batch }
        let deleted = Column(type: .leaf(.boolean, nil))
        for _ in 0..<batch.rowCount { deleted.append(false) }
        var columns = batch.columns
        columns.insert(deleted, at: deletedPlace)
        return RowBatch(columns: columns)
    }

    private func newWriter() throws -> RowGroupWriter {
        try RowGroupWriter(schema: plan.schema, options: plan.writerOptions)
    }

    private func keepWithinLimit() throws {
        if memoryByteCount > memoryLimit / Self.idleShare {
            let idle = builders.filter { $0.value.lastBatch + Self.idleBatchCount < batchNumber }
            for day in idle.keys.sorted() { try spill(day) }
        }
        while memoryByteCount > memoryLimit, let largest = builders.max(by: { $0.value.byteCount < $1.value.byteCount })
        {
            try spill(largest.key)
        }
    }

    private func spill(_ day: Int) throws {
        guard let builder = builders.removeValue(forKey: day) else { return }
        memoryByteCount -= builder.byteCount
        var fragment = fragments[day] ?? RowGroupFile(path: path(router == nil ? nil : day))
        try fragment.append(builder.writer, scratch: scratch)
        fragments[day] = fragment
        // Keeping a few writers saves allocating; keeping all would keep their memory.
        if spareWriters.count < 2 { spareWriters.append(builder.writer) }
    }
}

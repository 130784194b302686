import Ingest
import Lake
import Parquet
import PostgresWire

/// The changes that have arrived and are not on their way to the lake yet.
///
/// Used by the stream's thread only. Between transactions ``take()`` hands everything over; within one, what does not
/// fit into memory goes to local files.
final class ChangeBuffer {
    private let spillPath: String
    /// Bytes of memory from which builders write to local files.
    private let spillByteCount: Int
    private let scratch: PageScratch
    private var builders: [ChangeBuilder] = []
    private var touched: [ChangeBuilder] = []
    private var current: [StreamedTable] = []
    private var fileCount = 0

    /// The changes held.
    private(set) var rowCount = 0
    /// The bytes of memory held, as counted by the last ``settle()``.
    private(set) var byteCount = 0
    /// When the oldest change came.
    private(set) var oldest: ContinuousClock.Instant?

    /// Creates an empty buffer.
    ///
    /// - Parameters:
    ///   - spillPath: A local folder for what does not fit into memory.
    ///   - spillByteCount: The bytes that do.
    init(spillPath: String, spillByteCount: Int) {
        self.spillPath = spillPath
        self.spillByteCount = spillByteCount
        scratch = PageScratch()
    }

    var isEmpty: Bool { rowCount == 0 }

    // MARK: - Changes

    /// Takes in an INSERT, or the identity of a deleted row.
    func append(
        _ tuple: PgOutputTuple,
        of message: RawSpan,
        to table: StreamedTable,
        _ stamp: ChangeStamp,
        commitDay: Int32
    ) throws {
        let builder = builder(of: table, commitDay)
        try builder.rows.wire.append(tuple, of: message, columns: table.cells)
        builder.stamp(stamp)
        try noteChange(of: builder)
    }

    /// Takes in an UPDATE.
    func append(
        _ new: PgOutputTuple,
        old: PgOutputOldTuple?,
        of message: RawSpan,
        to table: StreamedTable,
        _ stamp: ChangeStamp,
        commitDay: Int32
    ) throws {
        guard let old else { return try append(new, of: message, to: table, stamp, commitDay: commitDay) }
        let former: FormerRow =
            switch old {
            case .key(let tuple): FormerRow(tuple: tuple, isKnown: table.identity)
            case .row(let tuple): FormerRow(tuple: tuple, isKnown: Array(repeating: true, count: table.cells.count))
            }
        let builder = builder(of: table, commitDay)
        try builder.rows.wire.append(new, of: message, columns: table.cells, former: former)
        table.former.removeAll()
        try table.former.append(former.tuple, of: message, columns: table.cells)
        let row = builder.rows.rowCount - 1
        let isSameKey = table.key.isEqual(0, of: table.former, to: row, of: builder.rows.wire)
        builder.stamp(stamp, oldKey: isSameKey ? nil : try table.key.json(0, of: table.former))
        try noteChange(of: builder)
    }

    /// Takes in a TRUNCATE.
    func appendTruncate(of table: StreamedTable, _ stamp: ChangeStamp, commitDay: Int32) throws {
        let builder = builder(of: table, commitDay)
        try builder.rows.wire.appendNullRow()
        builder.stamp(stamp)
        try noteChange(of: builder)
    }

    @inline(__always)
    private func builder(of table: StreamedTable, _ day: Int32) -> ChangeBuilder {
        if let builder = table.builder, builder.day.daysSinceEpoch == day { return builder }
        return newBuilder(of: table, day)
    }

    @inline(never)
    private func newBuilder(of table: StreamedTable, _ day: Int32) -> ChangeBuilder {
        fileCount += 1
        let builder = ChangeBuilder(
            table: table,
            day: CalendarDate(daysSinceEpoch: day),
            path: spillPath + "/changes-\(fileCount).parquet"
        )
        builders.append(builder)
        if table.builder == nil { current.append(table) }
        table.builder = builder
        return builder
    }

    @inline(__always)
    private func noteChange(of builder: ChangeBuilder) throws {
        rowCount += 1
        if !builder.isTouched {
            builder.isTouched = true
            touched.append(builder)
        }
        if builder.needsEncoding { try builder.encode(scratch) }
    }

    // MARK: - Memory

    /// Counts memory after a batch of messages, and writes the largest builders to local files while there is too much.
    func settle() throws {
        if rowCount > 0, oldest == nil { oldest = .now }
        for builder in touched {
            count(builder)
            builder.isTouched = false
        }
        touched.removeAll(keepingCapacity: true)
        guard byteCount > spillByteCount else { return }
        // Down to half at once: one file after the other would make a small row group of each batch.
        for builder in builders.sorted(by: { $0.countedByteCount > $1.countedByteCount }) {
            guard byteCount > spillByteCount / 2 else { break }
            try builder.spill(scratch)
            Failpoint.afterSpill.reached()
            count(builder)
        }
    }

    private func count(_ builder: ChangeBuilder) {
        let bytes = builder.allocatedByteCount
        byteCount += bytes - builder.countedByteCount
        builder.countedByteCount = bytes
    }

    // MARK: - Handing over

    /// Hands over all changes and begins anew.
    func take() -> [ChangeBuilder] {
        defer { forget() }
        return builders
    }

    /// Gives up all changes: the server will send them again.
    func discard() {
        for builder in builders { builder.discard() }
        forget()
    }

    private func forget() {
        for table in current { table.builder = nil }
        current = []
        builders = []
        touched = []
        rowCount = 0
        byteCount = 0
        oldest = nil
    }
}

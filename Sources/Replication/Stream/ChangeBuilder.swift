import Columnar
import Ingest
import Lake
import Parquet
import PostgresWire

/// Collects the changes of one version of a table and one commit date, until they are a file.
///
/// Rows wait as they came over the wire; when there are many they become pages in memory, and when memory is short row
/// groups in a local file. A table with few changes never costs more than their bytes.
///
/// Used by the stream's thread, then handed over for good to the thread that finishes it.
final class ChangeBuilder {
    /// Changes for which there is room at first; the room grows as a table proves to be busy.
    private static let initialRowCount = 64
    /// Cells of a batch: small enough for the second-level cache with their bytes.
    private static let batchCellCount = 1 << 16
    private static let batchRowCount = 4_096
    private static let batchByteCount = 1 << 20

    let schema: ChangeSchema
    let lakeName: String
    let day: CalendarDate
    let metadata: [(key: String, value: String)]
    private let writerOptions: WriterOptions
    private let path: String
    private(set) var rows: ChangeRows
    private var writer: RowGroupWriter?
    private var file: RowGroupFile
    private var decoder: ChangeDecoder?
    private var batch: RowBatch?

    /// The commit LSNs of the first and the last transaction.
    private(set) var first = LSN(rawValue: 0)
    private(set) var last = LSN(rawValue: 0)
    private(set) var rowCount = 0
    /// What ``ChangeBuffer`` last counted of this builder's memory.
    var countedByteCount = 0
    /// Whether ``ChangeBuffer`` has to count again.
    var isTouched = false

    /// Begins without changes.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - day: The commit date.
    ///   - path: A local file that is not there yet.
    init(table: StreamedTable, day: CalendarDate, path: String) {
        schema = table.schema
        lakeName = table.lakeName
        self.day = day
        metadata = table.metadata
        writerOptions = table.writerOptions
        self.path = path
        file = RowGroupFile(path: path)
        rows = ChangeRows(columnCount: table.cells.count, rowCapacity: Self.initialRowCount)
    }

    /// The bytes of memory held.
    var allocatedByteCount: Int {
        rows.allocatedByteCount + (writer?.allocatedByteCount ?? 0) + (batch?.allocatedByteCount ?? 0)
    }

    /// Whether rows have to become pages before more are appended.
    var needsEncoding: Bool { rows.isFull || rows.wire.byteCount >= Self.batchByteCount }

    /// Describes the row that was just appended to ``rows``.
    @inline(__always)
    func stamp(_ stamp: ChangeStamp, oldKey: [UInt8]? = nil) {
        rows.stamp(stamp, oldKey: oldKey)
        let lsn = LSN(rawValue: UInt64(bitPattern: stamp.lsn))
        if rowCount == 0 { first = lsn }
        last = lsn
        rowCount += 1
    }

    /// Makes pages of the rows.
    func encode(_ scratch: PageScratch) throws {
        guard rows.rowCount > 0 else { return }
        let decoder = decoder ?? ChangeDecoder(schema: schema)
        let batch = batch ?? RowBatch(schema: schema.table)
        let writer = try writer ?? RowGroupWriter(schema: schema.table, options: writerOptions)
        (self.decoder, self.batch, self.writer) = (decoder, batch, writer)
        batch.removeAll()
        try decoder.decode(rows, into: batch)
        try writer.append(batch, scratch: scratch)
        batch.removeAll()
        let capacity = rows.wire.rowCapacity
        let limit = max(16, min(Self.batchRowCount, Self.batchCellCount / max(1, rows.wire.columnCount)))
        if rows.isFull, capacity < limit {
            rows = ChangeRows(columnCount: rows.wire.columnCount, rowCapacity: min(limit, capacity * 8))
        } else {
            rows.removeAll()
        }
        if writer.isFull { try spill(scratch) }
    }

    /// Writes the pages to the local file.
    func spill(_ scratch: PageScratch) throws {
        try encode(scratch)
        guard let writer, writer.rowCount > 0 else { return }
        try file.append(writer, scratch: scratch)
        // Its memory is what is wanted.
        self.writer = nil
        batch = nil
    }

    /// Makes a whole Parquet file of all changes.
    ///
    /// - Returns: The file, and how many bytes it has.
    func finish(_ scratch: PageScratch) throws -> (path: String, byteCount: Int) {
        try spill(scratch)
        let byteCount = max(file.byteCount, FileFooter.magic.count)
        try file.finish { rowGroups in
            FileFooter.encode(
                schema: schema.table,
                rowGroups: rowGroups,
                keyValueMetadata: metadata,
                createdBy: "sluice version \(ReleaseVersion.current)",
                fileByteCount: byteCount
            )
        }
        return (file.path, file.byteCount)
    }

    /// Removes the local file of a builder that is given up.
    func discard() { file.remove() }
}

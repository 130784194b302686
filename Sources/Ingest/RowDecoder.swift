import Bytes
public import Columnar
public import PostgresWire

/// Where rows become columns: takes the bytes of many rows, runs one tight loop per column.
///
/// The batch it fills has the table's columns, then `_lsn`, then `_rescued` if some column can hold a value that
/// Parquet cannot. Used by one thread at a time.
public final class RowDecoder {
    private let decoders: [CellDecoder]
    private let rescuedColumn: RescuedColumn
    private let decoding = ColumnDecoding()
    private let gathered = ByteBuffer()

    /// Whether the rows have a column `_rescued`.
    public let hasRescuedColumn: Bool

    /// Creates a decoder for rows whose cells have these names and decoders.
    public init(columns: [(name: String, decoder: CellDecoder)]) {
        decoders = columns.map(\.decoder)
        rescuedColumn = RescuedColumn(columns: columns.map(\.name))
        hasRescuedColumn = decoders.contains(where: \.canRescue)
    }

    /// Appends rows to the batch.
    ///
    /// - Parameters:
    ///   - rows: Which rows of `wire`, by number, in the order in which they are to be appended.
    ///   - wire: The rows as they came.
    ///   - lsn: The value of `_lsn`.
    ///   - batch: Takes the rows.
    /// - Throws: ``CellError`` if a cell is malformed; the batch is of no use then.
    public func decode(
        _ rows: UnsafeBufferPointer<UInt32>,
        of wire: WireRowBatch,
        lsn: Int64,
        into batch: RowBatch
    ) throws(CellError) {
        guard let first = unsafe rows.first, let last = unsafe rows.last else { return }
        // Rows that follow one another need no gathering.
        let isRange = unsafe Int(last) - Int(first) == rows.count - 1 && isAscending(rows)
        decoding.rescued.removeAll(keepingCapacity: true)
        for (index, decoder) in decoders.enumerated() {
            decoding.columnIndex = index
            let offsets = unsafe wire.cellOffsets(ofColumn: index)
            let run = unsafe CellRun(
                bytes: wire.bytes,
                offsets: isRange ? offsets + Int(first) : gather(offsets, rows),
                count: rows.count
            )
            try decoding.decode(run, with: decoder, into: batch.columns[index])
        }
        appendLSN(lsn, count: rows.count, to: batch.columns[decoders.count])
        if hasRescuedColumn {
            try rescuedColumn.append(decoding.rescued, count: rows.count, to: batch.columns[decoders.count + 1])
        }
    }

    private func isAscending(_ rows: UnsafeBufferPointer<UInt32>) -> Bool {
        var isAscending = true
        for index in 1..<max(1, rows.count) where unsafe rows[index] != rows[index &- 1] &+ 1 { isAscending = false }
        return isAscending
    }

    private func gather(
        _ offsets: UnsafePointer<UInt32>,
        _ rows: UnsafeBufferPointer<UInt32>
    ) -> UnsafePointer<UInt32> {
        gathered.removeAll()
        let target = unsafe gathered.reserve(rows.count * 4).assumingMemoryBound(to: UInt32.self)
        for index in 0..<rows.count { unsafe target[index] = unsafe offsets[Int(rows[index])] }
        return unsafe UnsafePointer(target)
    }

    private func appendLSN(_ lsn: Int64, count: Int, to column: Column) {
        let target = unsafe column.values.reserve(count * 8)
        for index in 0..<count { unsafe target.storeBytes(of: lsn, toByteOffset: index &* 8, as: Int64.self) }
        column.values.advance(by: count * 8)
        column.validity.appendValues(count)
    }
}

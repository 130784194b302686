import Bytes
public import Columnar
public import PostgresWire

/// Where rows become columns: takes the bytes of many rows, runs one tight loop per column.
///
/// The batch it fills has the table's columns, then `_lsn`, then `_rescued` if some column can hold a value that
/// Parquet cannot. Used by one thread at a time.
public final class RowDecoder {
    private let decoders: [CellDecoder]
    private let rescueKeys: [[UInt8]]
    private let decoding = ColumnDecoding()
    private let gathered = ByteBuffer()

    /// Whether the rows have a column `_rescued`.
    public let hasRescuedColumn: Bool

    /// Creates a decoder for rows whose cells have these names and decoders.
    public init(columns: [(name: String, decoder: CellDecoder)]) {
        decoders = columns.map(\.decoder)
        rescueKeys = columns.map { JSONText.quoted(Array($0.name.utf8)) }
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
        if hasRescuedColumn { try appendRescued(count: rows.count, to: batch.columns[decoders.count + 1]) }
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

    /// One JSON object for each row that has rescued values: `{"amount":"NaN"}`.
    private func appendRescued(count: Int, to column: Column) throws(CellError) {
        guard !decoding.rescued.isEmpty else { return column.appendNulls(count) }
        var next = 0
        let json = ByteBuffer()
        let rescued = decoding.rescued.sorted { ($0.row, $0.column) < ($1.row, $1.column) }
        var index = 0
        while index < rescued.count {
            let row = rescued[index].row
            column.appendNulls(row - next)
            json.removeAll()
            json.append(UInt8(ascii: "{"))
            while index < rescued.count, rescued[index].row == row {
                if json.count > 1 { json.append(UInt8(ascii: ",")) }
                json.append(rescueKeys[rescued[index].column])
                json.append(UInt8(ascii: ":"))
                json.append(JSONText.quoted(rescued[index].text))
                index += 1
            }
            json.append(UInt8(ascii: "}"))
            // Parquet states the length of a value in 32 bits.
            guard json.count < Int(Int32.max) else {
                throw CellError(column: rescued[index - 1].column, expected: "short enough to be kept as text")
            }
            unsafe column.append(bytes: json.bytes)
            next = row + 1
        }
        column.appendNulls(count - next)
    }
}

/// Strings as JSON writes them (RFC 8259, section 7).
enum JSONText {
    /// The quoted form of UTF-8 text.
    static func quoted(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: out += Array("\\u00".utf8) + Array(Hexadecimal.string([byte]).utf8)
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
        return out
    }
}

import PostgresWire

/// Takes any bytes for a message of pgoutput: whatever they are, they are refused or lead to a row that is sound.
public enum PgOutputFuzz {
    /// More columns find nothing new and cost memory.
    private static let columnLimit = 64

    private static let forms: [TextForm] = [
        .same, .boolean, .int16, .int32, .int64, .float, .double, .numeric, .date, .time, .timestamp, .uuid, .bytea,
        .jsonb, .array(.int32, delimiter: 44), .array(.same, delimiter: 44), .array(.numeric, delimiter: 59),
        .array(.array(.date, delimiter: 44), delimiter: 44), .wholeArray(delimiter: 44), .hstore,
    ]

    /// Tries the bytes outside of a stream and within one, and the rows that they hold in every form.
    public static func run(_ message: RawSpan) {
        let streamStart: [UInt8] = [UInt8(ascii: "S"), 0, 0, 0, 1, 1]
        for isStreaming in [false, true] {
            var decoder = PgOutputDecoder()
            if isStreaming { _ = try? decoder.decode(streamStart.span.bytes) }
            switch try? decoder.decode(message) {
            case .insert(_, let row, _), .delete(_, .key(let row), _), .delete(_, .row(let row), _),
                .update(_, nil, let row, _):
                append(row, former: nil, of: message)
            case .update(_, .key(let former)?, let row, _), .update(_, .row(let former)?, let row, _):
                append(former, former: nil, of: message)
                append(row, former: former, of: message)
            default: break
            }
        }
    }

    private static func append(_ row: PgOutputTuple, former: PgOutputTuple?, of message: RawSpan) {
        let count = row.columnCount
        precondition(row.offset >= 0 && row.byteCount >= 0 && row.offset + row.byteCount <= message.byteCount)
        guard count <= columnLimit else { return }
        let batch = WireRowBatch(columnCount: count, rowCapacity: forms.count, byteCapacity: 64)
        for shift in forms.indices {
            let columns = (0..<count).map { column in
                TupleColumn(text: forms[(column + shift) % forms.count], acceptsBinary: (column + shift) % 3 > 0)
            }
            let former = former.map { former in
                FormerRow(tuple: former, isKnown: (0..<count).map { ($0 + shift) % 4 > 0 })
            }
            let (rowCount, unchangedCount) = (batch.rowCount, batch.unchangedCells.count)
            do {
                try batch.append(row, of: message, columns: columns, former: former)
                precondition(batch.rowCount == rowCount + 1)
            } catch {
                precondition(batch.rowCount == rowCount && batch.unchangedCells.count == unchangedCount)
            }
        }
        check(batch)
    }

    /// Every cell of every row lies within the batch.
    private static func check(_ batch: WireRowBatch) {
        let bytes = UnsafeRawBufferPointer(start: batch.bytes, count: batch.byteCount)
        for column in 0..<batch.columnCount {
            let offsets = batch.cellOffsets(ofColumn: column)
            for row in 0..<batch.rowCount {
                let offset = Int(offsets[row])
                precondition(offset >= 4 && offset <= bytes.count)
                let length = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset - 4, as: Int32.self))
                precondition(length >= -1 && offset + Int(max(0, length)) <= bytes.count)
            }
        }
        for cell in batch.unchangedCells {
            precondition(cell.row < batch.rowCount && (0..<batch.columnCount).contains(cell.column))
        }
    }
}

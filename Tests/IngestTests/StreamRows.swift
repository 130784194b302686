import Bytes
import Columnar
import Ingest
import PostgresWire
import Testing

/// A cell as a replication stream has it.
enum StreamCell {
    case null
    case unchanged
    case text(String)
    case binary([UInt8])

    var bytes: [UInt8] {
        switch self {
        case .null: [UInt8(ascii: "n")]
        case .unchanged: [UInt8(ascii: "u")]
        case .text(let text): [UInt8(ascii: "t")] + bigEndianBytes(Int32(text.utf8.count)) + Array(text.utf8)
        case .binary(let bytes): [UInt8(ascii: "b")] + bigEndianBytes(Int32(bytes.count)) + bytes
        }
    }
}

extension WireRowBatch {
    /// Appends a row as the decoder of the stream finds it.
    func append(_ cells: [StreamCell], columns: [TupleColumn]) throws {
        let message =
            [UInt8(ascii: "I")] + bigEndianBytes(UInt32(1)) + [UInt8(ascii: "N")]
            + bigEndianBytes(Int16(cells.count)) + cells.flatMap(\.bytes)
        var decoder = PgOutputDecoder()
        guard case .insert(_, let tuple, _) = try decoder.decode(message.span.bytes) else {
            Issue.record("not an insert")
            return
        }
        try append(tuple, of: message.span.bytes, columns: columns)
    }
}

extension ChangeSchema.Column {
    init(_ cell: Int, _ name: String, _ decoder: CellDecoder) {
        self.init(cell: cell, name: name, decoder: decoder, type: decoder.columnType)
    }
}

extension ChangeStamp {
    init(_ operation: Operation, sequence: Int64 = 1) {
        self.init(operation: operation, lsn: 1_000, sequence: sequence, xid: 7, committedAt: 5)
    }
}

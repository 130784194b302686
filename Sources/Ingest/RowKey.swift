import Bytes
import Columnar
public import PostgresWire

/// The columns by which a change names a row, for `_old_key`.
public struct RowKey: Sendable {
    private struct KeyColumn: Sendable {
        var cell: Int
        var name: [UInt8]
        var text: ElementText
        var mask: ColumnMask?
    }

    private let columns: [KeyColumn]

    /// Names the key's columns, in the table's order.
    public init(_ columns: [ChangeSchema.Column]) {
        self.columns = columns.map { column in
            KeyColumn(
                cell: column.cell,
                name: JSONText.quoted(Array(column.name.utf8)),
                text: ElementText(column.decoder, column.type),
                mask: column.decoder.mask
            )
        }
    }

    /// Whether there are no columns.
    public var isEmpty: Bool { columns.isEmpty }

    /// Whether two rows have the same key, byte by byte.
    public func isEqual(_ row: Int, of rows: WireRowBatch, to other: Int, of others: WireRowBatch) -> Bool {
        columns.allSatisfy { column in
            let left = unsafe Self.cell(column.cell, row, rows)
            let right = unsafe Self.cell(column.cell, other, others)
            guard let left = unsafe left, let right = unsafe right else { return unsafe left == nil && right == nil }
            return unsafe left.elementsEqual(right)
        }
    }

    /// The key as a JSON object of the texts that PostgreSQL prints, NULL being `null`: `{"id":"42","day":"2026-11-22"}`;
    /// of a masked column what the mask leaves.
    ///
    /// - Throws: ``CellError`` if a cell has not the form of its type.
    public func json(_ row: Int, of rows: WireRowBatch) throws(CellError) -> [UInt8] {
        var json: [UInt8] = [UInt8(ascii: "{")]
        let text = ByteBuffer()
        let masking = TextMasking()
        for column in columns {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json += column.name
            json.append(UInt8(ascii: ":"))
            guard let cell = unsafe Self.cell(column.cell, row, rows), column.mask != .null else {
                json += Array("null".utf8)
                continue
            }
            text.removeAll()
            let isWritten: Bool
            if case .text(let mask) = column.mask {
                isWritten = unsafe masking.append(cell, mask, to: text)
            } else {
                isWritten =
                    unsafe cell.baseAddress.map {
                        unsafe ArrayText.append($0, cell.count, column.text, to: text)
                    } ?? false
            }
            guard isWritten else { throw CellError(column: column.cell, expected: "a key of its type") }
            json += JSONText.quoted(text.copyBytes())
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    /// The bytes of a cell, or nil for NULL.
    private static func cell(_ cell: Int, _ row: Int, _ rows: WireRowBatch) -> UnsafeRawBufferPointer? {
        let start = unsafe rows.bytes + Int(rows.cellOffsets(ofColumn: cell)[row])
        let length = unsafe Int(bigEndian(start - 4, Int32.self))
        return length < 0 ? nil : unsafe UnsafeRawBufferPointer(start: start, count: length)
    }
}

extension ElementText {
    /// How a cell that a decoder reads looks when PostgreSQL prints it.
    init(_ decoder: CellDecoder, _ type: ColumnType) {
        self =
            switch decoder {
            case .boolean: .boolean
            case .int16: .int16
            case .int32: .int32
            case .int64: .int64
            case .float: .float
            case .double: .double
            case .bytes: type == .leaf(.byteArray, nil) ? .bytea : .text
            case .masked, .nothing: .text
            case .jsonb: .jsonb
            case .uuidText, .uuidBytes: .uuid
            case .date: .date
            case .timestamp(let isUTC): .timestamp(isUTC: isUTC)
            case .timeMicroseconds, .timeText: .time
            case .decimal, .numericText, .numericDouble: .numeric
            case .array(_, let element): .array(element)
            case .hstore: .hstore
            }
    }
}

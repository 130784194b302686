import Bytes
import Ingest
import PostgresWire

/// Insert messages as the server sends them for rows of an invoices table, in binary form.
struct InvoiceMessages {
    static let columns: [(name: String, decoder: CellDecoder)] = [
        ("id", .int64), ("invoice_uuid", .uuidText), ("user_id", .int64), ("subscription_id", .int64),
        ("amount", .decimal(precision: 12, scale: 2)), ("tax_amount", .decimal(precision: 12, scale: 2)),
        ("currency", .bytes), ("status", .bytes), ("due_date", .date), ("paid", .boolean), ("attempt_count", .int32),
        ("metadata", .jsonb), ("notes", .bytes), ("created_at", .timestamp(isUTC: true)),
        ("updated_at", .timestamp(isUTC: true)),
    ]
    static let cells = columns.map { _ in TupleColumn(text: .same, acceptsBinary: true) }

    let batch = MessageBatch()
    var byteCount: Int { batch.byteCount }

    init(count: Int) {
        for row in 0..<count {
            let message = Self.message(row)
            message.withUnsafeBytes { batch.append($0) }
        }
    }

    private static func message(_ row: Int) -> [UInt8] {
        var out: [UInt8] =
            [UInt8(ascii: "I")] + bytes(UInt32(16_384)) + [UInt8(ascii: "N")] + bytes(Int16(columns.count))
        func cell(_ value: [UInt8]?) {
            guard let value else {
                out.append(UInt8(ascii: "n"))
                return
            }
            out += [UInt8(ascii: "b")] + bytes(Int32(value.count)) + value
        }
        cell(bytes(Int64(row)))
        cell((0..<16).map { UInt8(truncatingIfNeeded: (row &* 2_654_435_761) >> ($0 & 7)) ^ UInt8($0) })
        cell(bytes(Int64(row % 5_000)))
        cell(row % 9 == 0 ? nil : bytes(Int64(row % 1_000)))
        cell(money(row * 137 % 20_000_000))
        cell(money(row * 31 % 400_000))
        cell(Array(["EUR", "JPY", "USD"][row % 3].utf8))
        cell(Array(["draft", "open", "paid", "void"][row % 4].utf8))
        cell(row % 15 == 0 ? nil : bytes(Int32(9_000 + row % 90)))
        cell([row % 2 == 0 ? 1 : 0])
        cell(bytes(Int32(row % 4)))
        cell([1] + Array("{\"order\": \(row % 5_000), \"source\": \"web\"}".utf8))
        cell(row % 3 == 0 ? Array("Payable within 14 days, reference \(row)".utf8) : nil)
        cell(bytes(Int64(800_000_000_000_000) + Int64(row) * 1_000_000))
        cell(bytes(Int64(800_000_000_000_000) + Int64(row) * 1_500_000))
        return out
    }

    /// A `numeric` with two decimals (`numeric_send`).
    private static func money(_ cents: Int) -> [UInt8] {
        let (whole, rest) = cents.quotientAndRemainder(dividingBy: 100)
        let digits = [whole / 10_000, whole % 10_000, rest * 100]
        return bytes(Int16(3)) + bytes(Int16(1)) + bytes(Int16(0)) + bytes(Int16(2))
            + digits.flatMap { bytes(Int16($0)) }
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

import Bytes
import Columnar

/// Rows like those of the invoices table (scripts/sql/billing.sql), made from a seed.
///
/// Column by column and without strings, because callgrind takes its time with this part as well.
struct InvoiceRows {
    static let schema = TableSchema(fields: [
        Field(name: "id", type: .leaf(.int64, nil), isNullable: false),
        Field(name: "invoice_uuid", type: text, isNullable: false),
        Field(name: "user_id", type: .leaf(.int64, nil)),
        Field(name: "subscription_id", type: .leaf(.int64, nil)),
        Field(name: "amount", type: money),
        Field(name: "currency", type: text),
        Field(name: "status", type: text),
        Field(name: "due_date", type: .leaf(.int32, .date)),
        Field(name: "paid", type: .leaf(.boolean, nil)),
        Field(name: "attempt_count", type: .leaf(.int32, nil)),
        Field(name: "exchange_rate", type: .leaf(.double, nil)),
        Field(name: "metadata", type: .leaf(.byteArray, .json)),
        Field(name: "notes", type: text),
        Field(name: "tags", type: .list(text)),
        Field(name: "created_at", type: .leaf(.int64, .timestamp(isAdjustedToUTC: true))),
    ])
    private static let text = ColumnType.leaf(.byteArray, .string)
    private static let money = ColumnType.leaf(.int64, .decimal(precision: 12, scale: 2))
    private static let currencies = ["EUR", "JPY", "USD", "CHF"].map { Array($0.utf8) }
    private static let states = ["draft", "open", "paid", "void", "uncollectible"].map { Array($0.utf8) }
    private static let batchRowCount = 20_000

    private(set) var batches: [RowBatch] = []

    init(count: Int) {
        var numbers = SeededNumbers(seed: 20_250_101)
        for start in stride(from: 0, to: count, by: Self.batchRowCount) {
            let batch = RowBatch(schema: Self.schema)
            Self.fill(batch.columns, rows: start..<min(start + Self.batchRowCount, count), &numbers)
            batches.append(batch)
        }
    }

    private static func fill(_ columns: [Column], rows: Range<Int>, _ numbers: inout SeededNumbers) {
        fill(columns[0], rows, &numbers) { values, row, _ in values.appendLittleEndian(Int64(row)) }
        fill(columns[1], rows, &numbers) { values, _, numbers in appendIdentifier(&numbers, to: values) }
        fill(columns[2], rows, &numbers) { $0.appendLittleEndian(Int64($2.below(5_000))) }
        fill(columns[3], rows, oneIsNullIn: 9, &numbers) { $0.appendLittleEndian(Int64($2.below(1_000))) }
        fill(columns[4], rows, &numbers) { $0.appendLittleEndian(Int64($2.below(20_000_000))) }
        fill(columns[5], rows, &numbers) { appendText(currencies[$2.below(4)], to: $0) }
        fill(columns[6], rows, &numbers) { appendText(states[$2.below(5)], to: $0) }
        fill(columns[7], rows, oneIsNullIn: 15, &numbers) { values, row, _ in
            values.appendLittleEndian(Int32(20_000 + row / 5_000))
        }
        fill(columns[8], rows, &numbers) { $0.append(UInt8($2.below(2))) }
        fill(columns[9], rows, &numbers) { $0.appendLittleEndian(Int32($2.below(4))) }
        fill(columns[10], rows, &numbers) { $0.appendLittleEndian((Double($2.below(1_000_000)) / 1e6).bitPattern) }
        fill(columns[11], rows, oneIsNullIn: 9, &numbers) {
            appendText("{\"order\": ", number: $2.below(5_000_000), ", \"source\": \"web\"}", to: $0)
        }
        fill(columns[12], rows, oneIsNullIn: 3, &numbers) {
            appendText("Payable within 14 days – reference ", number: $2.below(1 << 40), ", see \"terms\"", to: $0)
        }
        let tags = columns[13].children[0]
        fill(columns[13], rows, oneIsNullIn: 4, &numbers) { values, _, numbers in
            let count = numbers.below(3)
            values.appendLittleEndian(UInt32(count))
            fill(tags, 0..<count, &numbers) { appendText("team-", number: $2.below(25), "", to: $0) }
        }
        fill(columns[14], rows, &numbers) { values, row, numbers in
            values.appendLittleEndian(1_735_689_600_000_000 + Int64(row) * 1_555_200 + Int64(numbers.below(1_000)))
        }
    }

    /// Appends a slot for each row, all values or one in so many a NULL.
    private static func fill(
        _ column: Column,
        _ rows: Range<Int>,
        oneIsNullIn share: Int? = nil,
        _ numbers: inout SeededNumbers,
        append: (ByteBuffer, Int, inout SeededNumbers) -> Void
    ) {
        guard let share else {
            for row in rows { append(column.values, row, &numbers) }
            return column.validity.appendValues(rows.count)
        }
        var flags = [UInt8](repeating: 1, count: rows.count)
        var valueCount = 0
        for (index, row) in rows.enumerated() {
            if numbers.below(share) == 0 {
                flags[index] = 0
            } else {
                append(column.values, row, &numbers)
                valueCount += 1
            }
        }
        column.validity.append(flags: flags, count: flags.count, valueCount: valueCount)
    }

    private static func appendText(_ text: [UInt8], to values: ByteBuffer) {
        values.appendLittleEndian(UInt32(text.count))
        values.append(text)
    }

    private static func appendText(_ head: StaticString, number: Int, _ tail: StaticString, to values: ByteBuffer) {
        var place = 1
        while place <= number / 10 { place *= 10 }
        let start = values.count
        values.appendLittleEndian(UInt32(0))
        values.append(UnsafeRawBufferPointer(start: head.utf8Start, count: head.utf8CodeUnitCount))
        while place > 0 {
            values.append(UInt8(ascii: "0") + UInt8(number / place % 10))
            place /= 10
        }
        values.append(UnsafeRawBufferPointer(start: tail.utf8Start, count: tail.utf8CodeUnitCount))
        values.base.storeBytes(of: UInt32(values.count - start - 4), toByteOffset: start, as: UInt32.self)
    }

    /// 36 characters like those of a UUID.
    private static func appendIdentifier(_ numbers: inout SeededNumbers, to values: ByteBuffer) {
        values.appendLittleEndian(UInt32(36))
        for group in [8, 4, 4, 4, 12] {
            if group != 8 { values.append(UInt8(ascii: "-")) }
            var bits = numbers.next()
            for _ in 0..<group {
                let digit = UInt8(truncatingIfNeeded: bits & 15)
                values.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
                bits >>= 4
            }
        }
    }
}

import Bytes
import Columnar

/// Fills `_rescued`: one JSON object for each row that has values which their columns cannot hold,
/// `{"amount":"NaN"}`.
struct RescuedColumn {
    private let keys: [[UInt8]]
    private let json = ByteBuffer()

    /// Prepares for columns of these names.
    init(columns: [String]) {
        keys = columns.map { JSONText.quoted(Array($0.utf8)) }
    }

    /// Appends a slot for each of `count` rows.
    func append(_ values: [RescuedValue], count: Int, to column: Column) throws(CellError) {
        guard !values.isEmpty else { return column.appendNulls(count) }
        let rescued = values.sorted { ($0.row, $0.column) < ($1.row, $1.column) }
        var next = 0
        var index = 0
        while index < rescued.count {
            let row = rescued[index].row
            column.appendNulls(row - next)
            json.removeAll()
            json.append(UInt8(ascii: "{"))
            while index < rescued.count, rescued[index].row == row {
                if json.count > 1 { json.append(UInt8(ascii: ",")) }
                json.append(keys[rescued[index].column])
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

import Bytes
import Columnar
import Parquet
import Telemetry

/// The first rows of a file, as a table or as JSON.
struct FirstRows {
    /// The width of a cell that is not shown whole: a UUID's.
    private static let cellWidth = 36
    /// The rows that are set in columns together: more would cost memory, and nobody compares rows that far apart.
    private static let blockRowCount = 1_000
    /// The bytes that are written at once.
    private static let writtenByteCount = 64 << 10

    var reader: ParquetFileReader
    var count: Int
    /// Whether cells are as wide as their values.
    var isFull: Bool

    /// Writes the rows.
    func write(as format: ParquetCommand.Format, to output: OutputStream) throws {
        let names = reader.schema.fields.map(\.name)
        if format == .text, names.isEmpty || reader.metadata.rowGroups.allSatisfy({ $0.rowCount == 0 }) {
            return try output.write("The file has \(names.isEmpty ? "no columns" : "no rows").\n")
        }
        var rowNumber = 0
        var rest = count
        for index in 0..<reader.rowGroupCount where rest > 0 {
            let rowCount = min(rest, reader.rowCount(ofRowGroup: index))
            guard rowCount > 0 else { continue }
            let batch = try reader.readRowGroup(index)
            switch format {
            case .json: try writeJSON(batch, names, rowCount, to: output)
            case .text: try writeTables(batch, names, rowNumber..<rowNumber + rowCount, to: output)
            }
            rest -= rowCount
            rowNumber += rowCount
        }
    }

    private func writeJSON(_ batch: RowBatch, _ names: [String], _ rowCount: Int, to output: OutputStream) throws {
        var rows = JSONRows(batch, names: names)
        let buffer = ByteBuffer()
        for _ in 0..<rowCount {
            rows.append(to: buffer)
            buffer.append(UInt8(ascii: "\n"))
            if buffer.count >= Self.writtenByteCount { try output.write(buffer) }
        }
        try output.write(buffer)
    }

    private func writeTables(
        _ batch: RowBatch,
        _ names: [String],
        _ rows: Range<Int>,
        to output: OutputStream
    ) throws {
        let cell = CellText(width: isFull ? nil : Self.cellWidth)
        let header = names.map { cell($0) }
        let numbers = Set(reader.schema.fields.indices.filter { reader.schema.fields[$0].type.isNumber })
        var cursors = batch.columns.map { TextCursor($0) }
        var next = rows.lowerBound
        while next < rows.upperBound {
            let block = next..<min(rows.upperBound, next + Self.blockRowCount)
            let lines = block.map { _ in cursors.indices.map { cell(cursors[$0].next()) } }
            let table = TextTable([header] + lines, rightAligned: numbers)
            if let width = output.width, table.width > width {
                for (row, line) in zip(block, lines) {
                    let cells = zip(header, line).map { [$0, $1] }
                    try output.write("row \(HumanUnits.count(row + 1))\n\(TextTable(cells, indentation: 2))")
                }
            } else {
                try output.write((next == 0 ? "" : "\n") + table.description)
            }
            next = block.upperBound
        }
    }
}

extension ColumnType {
    /// Whether values are aligned by their last digit.
    fileprivate var isNumber: Bool {
        switch self {
        case .leaf(_, .decimal?), .leaf(_, .float16?), .leaf(_, .integer?): true
        case .leaf(.int32, nil), .leaf(.int64, nil), .leaf(.float, _), .leaf(.double, _): true
        default: false
        }
    }
}

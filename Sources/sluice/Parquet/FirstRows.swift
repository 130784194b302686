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
        for index in 0..<reader.rowGroupCount where rowNumber < count {
            let rowCount = min(count - rowNumber, reader.rowCount(ofRowGroup: index))
            // A batch without columns has no rows.
            if names.isEmpty { for _ in 0..<rowCount { try output.write("{}\n") } }
            let batches = try reader.batches(
                ofRowGroup: index,
                rows: [0..<rowCount],
                maximumRowCount: Self.blockRowCount
            )
            while let batch = try batches.next() {
                switch format {
                case .json: try writeJSON(batch, names, to: output)
                case .text: try writeTable(batch, names, from: rowNumber, to: output)
                }
                rowNumber += batch.rowCount
            }
            if names.isEmpty { rowNumber += rowCount }
        }
    }

    private func writeJSON(_ batch: RowBatch, _ names: [String], to output: OutputStream) throws {
        var rows = JSONRows(batch, names: names)
        let buffer = ByteBuffer()
        while !rows.isAtEnd {
            rows.append(to: buffer)
            buffer.append(UInt8(ascii: "\n"))
            if buffer.count >= Self.writtenByteCount { try output.write(buffer) }
        }
        try output.write(buffer)
    }

    private func writeTable(_ batch: RowBatch, _ names: [String], from row: Int, to output: OutputStream) throws {
        let cell = CellText(width: isFull ? nil : Self.cellWidth)
        let header = names.map { cell($0) }
        let numbers = Set(reader.schema.fields.indices.filter { reader.schema.fields[$0].type.isNumber })
        var cursors = batch.columns.map { TextCursor($0) }
        let lines = (0..<batch.rowCount).map { _ in cursors.indices.map { cell(cursors[$0].next()) } }
        let table = TextTable([header] + lines, rightAligned: numbers)
        guard let width = output.width, table.width > width else {
            return try output.write((row == 0 ? "" : "\n") + table.description)
        }
        for (index, line) in lines.enumerated() {
            let cells = zip(header, line).map { [$0, $1] }
            try output.write("row \(HumanUnits.count(row + index + 1))\n\(TextTable(cells, indentation: 2))")
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

public import Bytes
public import Columnar

/// Writes the rows of a batch as JSON objects, whose keys are the columns' names; values are as ``TextCursor`` has them.
public struct JSONRows {
    private var cursors: [TextCursor]
    /// Each column's name as JSON, with the colon behind it.
    private let keys: [[UInt8]]

    /// Starts before the first row.
    ///
    /// - Parameters:
    ///   - batch: Rows that are whole, as ``ParquetFileReader`` returns them; they must not change meanwhile.
    ///   - names: A name for each column.
    public init(_ batch: RowBatch, names: [String]) {
        precondition(batch.columns.count == names.count, "every column has a name")
        cursors = batch.columns.map { TextCursor($0) }
        keys = names.map { name in
            let key = ByteBuffer()
            JSONText.append(name, to: key)
            key.append(UInt8(ascii: ":"))
            return key.copyBytes()
        }
    }

    /// Whether there is no row left; a batch without columns has none.
    public var isAtEnd: Bool { cursors.first?.isAtEnd ?? true }

    /// Appends the next row's object, without a newline.
    ///
    /// - Precondition: There is one left, or there are no columns.
    public mutating func append(to out: ByteBuffer) {
        out.append(UInt8(ascii: "{"))
        for index in cursors.indices {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(keys[index])
            cursors[index].appendJSON(to: out)
        }
        out.append(UInt8(ascii: "}"))
    }
}

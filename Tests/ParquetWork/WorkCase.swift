import Columnar
import Parquet

/// The pieces of work, by the names that they have among the thresholds.
enum WorkCase: String, CaseIterable {
    case writeSnappy = "write: dictionaries, snappy"
    case writePlain = "write: plain, uncompressed"
    case writeDelta = "write: deltas and split bytes, uncompressed"
    case readSnappy = "read: dictionaries, snappy"
    case readPlain = "read: plain, uncompressed"
    case readDelta = "read: deltas and split bytes, uncompressed"

    var isWriting: Bool {
        switch self {
        case .writeSnappy, .writePlain, .writeDelta: true
        case .readSnappy, .readPlain, .readDelta: false
        }
    }

    var options: WriterOptions {
        var options = WriterOptions(codec: .none)
        switch self {
        case .writeSnappy, .readSnappy: options.codec = .snappy
        case .writePlain, .readPlain: options.dictionaryByteCount = 0
        case .writeDelta, .readDelta:
            for field in InvoiceRows.schema.fields {
                guard let encoding = Self.delta(field) else { continue }
                options.columns[[field.name]] = ColumnOptions(encoding: encoding)
            }
        }
        return options
    }

    /// The encoding other than PLAIN and dictionaries that suits the column; texts take turns.
    private static func delta(_ field: Field) -> PageEncoding? {
        switch field.type {
        case .leaf(.int32, _), .leaf(.int64, _): .deltaBinaryPacked
        case .leaf(.float, _), .leaf(.double, _): .byteStreamSplit
        case .leaf(.byteArray, .json), .list: .deltaLengthByteArray
        case .leaf(.byteArray, _): .deltaByteArray
        case .leaf, .map, .structure: nil
        }
    }
}

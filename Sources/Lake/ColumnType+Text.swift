public import Columnar

extension ColumnType {
    /// The type as documents of the lake name it: `INT64`, `DECIMAL(12,2)`, `LIST<STRING>`.
    public var parquetText: String {
        switch self {
        case .list(let element): "LIST<\(element.parquetText)>"
        case .map(let key, let value): "MAP<\(key.parquetText),\(value.parquetText)>"
        case .structure(let fields):
            "STRUCT<\(fields.map { "\($0.name):\($0.type.parquetText)" }.joined(separator: ","))>"
        case .leaf(_, let logical?): Self.text(of: logical)
        case .leaf(let physical, nil): Self.text(of: physical)
        }
    }

    private static func text(of type: LogicalType) -> String {
        switch type {
        // Readers see text in both.
        case .string, .json, .enumeration: "STRING"
        case .bson: "BSON"
        case .uuid: "UUID"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .date: "DATE"
        case .time(let unit, let isAdjustedToUTC): "TIME" + text(of: unit, isAdjustedToUTC)
        case .timestamp(let unit, let isAdjustedToUTC): "TIMESTAMP" + text(of: unit, isAdjustedToUTC)
        case .integer(let bitWidth, let isSigned): "\(isSigned ? "" : "U")INT\(bitWidth)"
        case .float16: "FLOAT16"
        case .interval: "INTERVAL"
        case .int96Timestamp: "INT96"
        case .null: "NULL"
        }
    }

    /// What a time is counted in; microseconds in nobody's zone need no word.
    private static func text(of unit: TimeUnit, _ isAdjustedToUTC: Bool) -> String {
        let unitText: String? =
            switch unit {
            case .milliseconds: "MILLIS"
            case .microseconds: nil
            case .nanoseconds: "NANOS"
            }
        let words = [unitText, isAdjustedToUTC ? "UTC" : nil].compactMap(\.self)
        return words.isEmpty ? "" : "(\(words.joined(separator: ",")))"
    }

    private static func text(of type: PhysicalType) -> String {
        switch type {
        case .boolean: "BOOLEAN"
        case .int32: "INT32"
        case .int64: "INT64"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .byteArray: "BYTE_ARRAY"
        case .fixedLengthByteArray(let width): "FIXED_LEN_BYTE_ARRAY(\(width))"
        }
    }

    /// Whether every value of one type is a value of the other, so that both may stand in one column.
    public static func widens(_ from: String, to type: String) -> Bool {
        let wider = [
            "INT16": ["INT32", "INT64"], "INT32": ["INT64"], "FLOAT": ["DOUBLE"],
        ]
        if wider[from]?.contains(type) ?? false { return true }
        guard let (precision, scale) = decimal(from), let (widerPrecision, widerScale) = decimal(type) else {
            return false
        }
        return widerScale >= scale && widerPrecision - widerScale >= precision - scale
    }

    private static func decimal(_ text: String) -> (precision: Int, scale: Int)? {
        guard text.hasPrefix("DECIMAL("), text.hasSuffix(")") else { return nil }
        let numbers = text.dropFirst(8).dropLast().split(separator: ",").compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }
}

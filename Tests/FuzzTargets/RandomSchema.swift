import Columnar

/// Schemas of every type that the writer has, nested in every way.
enum RandomSchema {
    /// How deep containers lie within one another.
    private static let maximumDepth = 3

    /// A schema of 1 to `fieldCount` columns.
    static func make(fieldCount: Int, _ choices: inout Choices) -> TableSchema {
        let count = 1 + choices.next(below: fieldCount)
        return TableSchema(
            fields: (0..<count).map { index in
                Field(name: name(index), type: type(depth: 0, &choices), isNullable: !choices.isOne(of: 3))
            }
        )
    }

    /// Names differ, without regard to case too, as DuckDB wants it.
    private static func name(_ index: Int) -> String {
        ["c", "weiß", "a b", "dot.ted", "\"q\""][index % 5] + "\(index)"
    }

    private static func type(depth: Int, _ choices: inout Choices) -> ColumnType {
        guard depth < maximumDepth, choices.isOne(of: 3) else { return choices.pick(leaves) }
        switch choices.next(below: 3) {
        case 0: return .list(type(depth: depth + 1, &choices))
        case 1: return .map(key: choices.pick(keys), value: type(depth: depth + 1, &choices))
        default:
            return .structure(
                (0...choices.next(below: 3)).map { index in
                    Field(
                        name: "f\(index)",
                        type: type(depth: depth + 1, &choices),
                        isNullable: !choices.isOne(of: 3)
                    )
                }
            )
        }
    }

    /// Types of keys: those whose equality no reader sees differently.
    private static let keys: [ColumnType] = [
        .leaf(.byteArray, .string), .leaf(.int32, nil), .leaf(.int64, nil), .leaf(.int32, .date),
    ]

    /// Every type of a single value.
    static let leaves: [ColumnType] = [
        .leaf(.boolean, nil), .leaf(.int32, nil), .leaf(.int64, nil), .leaf(.float, nil), .leaf(.double, nil),
        .leaf(.byteArray, nil), .leaf(.fixedLengthByteArray(1), nil), .leaf(.fixedLengthByteArray(7), nil),
        .leaf(.byteArray, .string), .leaf(.byteArray, .json), .leaf(.byteArray, .bson),
        .leaf(.byteArray, .enumeration), .leaf(.fixedLengthByteArray(16), .uuid),
        .leaf(.int32, .integer(bitWidth: 8)), .leaf(.int32, .integer(bitWidth: 16)),
        .leaf(.int32, .integer(bitWidth: 32)), .leaf(.int64, .integer(bitWidth: 64)),
        .leaf(.int32, .integer(bitWidth: 8, isSigned: false)), .leaf(.int32, .integer(bitWidth: 16, isSigned: false)),
        .leaf(.int32, .integer(bitWidth: 32, isSigned: false)), .leaf(.int64, .integer(bitWidth: 64, isSigned: false)),
        .leaf(.int32, .date), .leaf(.int32, .time(unit: .milliseconds, isAdjustedToUTC: true)),
        .leaf(.int64, .time()), .leaf(.int64, .time(unit: .nanoseconds)),
        .leaf(.int64, .timestamp(unit: .milliseconds, isAdjustedToUTC: false)),
        .leaf(.int64, .timestamp(unit: .milliseconds, isAdjustedToUTC: true)),
        .leaf(.int64, .timestamp(isAdjustedToUTC: false)), .leaf(.int64, .timestamp(isAdjustedToUTC: true)),
        .leaf(.int64, .timestamp(unit: .nanoseconds, isAdjustedToUTC: false)),
        .leaf(.int64, .timestamp(unit: .nanoseconds, isAdjustedToUTC: true)),
        .leaf(.int32, .decimal(precision: 9, scale: 2)), .leaf(.int64, .decimal(precision: 18, scale: 0)),
        .leaf(.fixedLengthByteArray(5), .decimal(precision: 11, scale: 11)),
        .leaf(.fixedLengthByteArray(16), .decimal(precision: 38, scale: 10)),
        .leaf(.fixedLengthByteArray(32), .decimal(precision: 76, scale: 20)),
        .leaf(.byteArray, .decimal(precision: 20, scale: 4)), .leaf(.fixedLengthByteArray(2), .float16),
        .leaf(.fixedLengthByteArray(12), .interval),
    ]
}

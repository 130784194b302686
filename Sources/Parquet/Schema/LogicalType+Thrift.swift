import Columnar

/// How a logical type stands in a schema element: the union `LogicalType` and the older enum `ConvertedType`
/// (parquet.thrift; LogicalTypes.md).
extension LogicalType {
    /// The older annotation, where there is one.
    var convertedType: Int32? {
        switch self {
        case .string: 0
        case .enumeration: 4
        case .decimal: 5
        case .date: 6
        case .time(.milliseconds, _): 7
        case .time(.microseconds, _): 8
        case .timestamp(.milliseconds, _): 9
        case .timestamp(.microseconds, _): 10
        case .integer(let bitWidth, let isSigned):
            (isSigned ? 15 : 11) + (bitWidth == 8 ? 0 : bitWidth == 16 ? 1 : bitWidth == 32 ? 2 : 3)
        case .json: 19
        case .bson: 20
        case .interval: 21
        case .uuid, .float16, .null, .int96Timestamp, .time(.nanoseconds, _), .timestamp(.nanoseconds, _): nil
        }
    }

    /// Whether the union has a member for it.
    var hasUnionMember: Bool { self != .interval && self != .int96Timestamp }

    /// Writes the union's one member.
    func write(to thrift: inout ThriftWriter) {
        switch self {
        case .string: thrift.structure(1) { _ in }
        case .enumeration: thrift.structure(4) { _ in }
        case .decimal(let precision, let scale):
            thrift.structure(5) {
                $0.i32(1, Int32(scale))
                $0.i32(2, Int32(precision))
            }
        case .date: thrift.structure(6) { _ in }
        case .time(let unit, let isAdjustedToUTC):
            thrift.structure(7) { Self.write(unit, isAdjustedToUTC: isAdjustedToUTC, to: &$0) }
        case .timestamp(let unit, let isAdjustedToUTC):
            thrift.structure(8) { Self.write(unit, isAdjustedToUTC: isAdjustedToUTC, to: &$0) }
        case .integer(let bitWidth, let isSigned):
            thrift.structure(10) {
                $0.i8(1, Int8(bitWidth))
                $0.bool(2, isSigned)
            }
        case .null: thrift.structure(11) { _ in }
        case .json: thrift.structure(12) { _ in }
        case .bson: thrift.structure(13) { _ in }
        case .uuid: thrift.structure(14) { _ in }
        case .float16: thrift.structure(15) { _ in }
        case .interval, .int96Timestamp: break
        }
    }

    private static func write(_ unit: TimeUnit, isAdjustedToUTC: Bool, to thrift: inout ThriftWriter) {
        let member: Int16 =
            switch unit {
            case .milliseconds: 1
            case .microseconds: 2
            case .nanoseconds: 3
            }
        thrift.bool(1, isAdjustedToUTC)
        thrift.structure(2) { $0.structure(member) { _ in } }
    }
}

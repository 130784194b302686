import Columnar

extension FileMetadata.SchemaElement {
    /// What the values of a leaf mean: by the annotation, else by the older one.
    ///
    /// An annotation that does not suit the physical type says nothing (LogicalTypes.md).
    func logicalType(_ physical: PhysicalType) -> LogicalType? {
        guard let type = annotation.flatMap(Self.logicalType) ?? convertedLogicalType else { return nil }
        return type.suits(physical) ? type : nil
    }

    private static func logicalType(_ annotation: FileMetadata.Annotation) -> LogicalType? {
        switch annotation {
        case .string: .string
        case .enumeration: .enumeration
        case .decimal(let precision, let scale): .decimal(precision: Int(precision), scale: Int(scale))
        case .date: .date
        case .time(let unit, let isUTC): timeUnit(unit).map { .time(unit: $0, isAdjustedToUTC: isUTC) }
        case .timestamp(let unit, let isUTC): timeUnit(unit).map { .timestamp(unit: $0, isAdjustedToUTC: isUTC) }
        case .integer(let bitWidth, let isSigned): .integer(bitWidth: Int(bitWidth), isSigned: isSigned)
        case .null: .null
        case .json: .json
        case .bson: .bson
        case .uuid: .uuid
        case .float16: .float16
        case .map, .list, .unknown: nil
        }
    }

    private static func timeUnit(_ member: Int16) -> TimeUnit? {
        switch member {
        case 1: .milliseconds
        case 2: .microseconds
        case 3: .nanoseconds
        default: nil
        }
    }

    /// The older annotation; its times are in UTC.
    private var convertedLogicalType: LogicalType? {
        switch convertedType {
        case 0: .string
        case 4: .enumeration
        case 5: .decimal(precision: Int(precision ?? 0), scale: Int(scale ?? 0))
        case 6: .date
        case 7: .time(unit: .milliseconds, isAdjustedToUTC: true)
        case 8: .time(unit: .microseconds, isAdjustedToUTC: true)
        case 9: .timestamp(unit: .milliseconds, isAdjustedToUTC: true)
        case 10: .timestamp(unit: .microseconds, isAdjustedToUTC: true)
        case let type? where (11...14).contains(type): .integer(bitWidth: 8 << Int(type - 11), isSigned: false)
        case let type? where (15...18).contains(type): .integer(bitWidth: 8 << Int(type - 15), isSigned: true)
        case 19: .json
        case 20: .bson
        case 21: .interval
        default: nil
        }
    }
}

import Columnar

extension LogicalType {
    /// Whether values of the physical type can have this meaning (LogicalTypes.md).
    func suits(_ physical: PhysicalType) -> Bool {
        switch self {
        case .string, .json, .bson, .enumeration: physical == .byteArray
        case .uuid: physical == .fixedLengthByteArray(16)
        case .decimal(let precision, let scale):
            precision > 0 && scale >= 0 && scale <= precision && ![.boolean, .float, .double].contains(physical)
        case .date, .time(.milliseconds, _): physical == .int32
        case .time, .timestamp: physical == .int64
        case .integer(let bitWidth, _):
            physical == (bitWidth == 64 ? .int64 : .int32) && [8, 16, 32, 64].contains(bitWidth)
        case .float16: physical == .fixedLengthByteArray(2)
        case .interval, .int96Timestamp: physical == .fixedLengthByteArray(12)
        case .null: true
        }
    }
}

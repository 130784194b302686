import Columnar

extension ValueOrder {
    /// The order of a leaf of a file.
    init(_ leaf: SchemaLeaf) {
        switch (leaf.logicalType, leaf.physicalType) {
        case (.integer(_, isSigned: false)?, .int32): self = .uint32
        case (.integer(_, isSigned: false)?, .int64): self = .uint64
        case (.interval?, _), (.int96Timestamp?, _), (.float16?, _), (.null?, _): self = .none
        // Numbers of any length, which bytes of any length do not compare as.
        case (.decimal?, .byteArray): self = .none
        case (.decimal?, .fixedLengthByteArray(let width)): self = .signedBytes(width)
        case (_, .boolean): self = .boolean
        case (_, .int32): self = .int32
        case (_, .int64): self = .int64
        case (_, .float): self = .float
        case (_, .double): self = .double
        case (_, .byteArray): self = .bytes
        case (_, .fixedLengthByteArray(let width)): self = .fixedBytes(width)
        }
    }

    /// Whether values can be compared.
    var isUsable: Bool {
        if case .none = self { return false }
        return true
    }

    var isFloatingPoint: Bool {
        switch self {
        case .float, .double: true
        default: false
        }
    }

    /// Whether it is the order of the physical type's own signed numbers, which writers of all ages agree on.
    var isSignedNumber: Bool {
        switch self {
        case .int32, .int64, .float, .double: true
        default: false
        }
    }

    /// Whether a bound that a file has can be compared at all.
    func accepts(bound: [UInt8]) -> Bool {
        switch self {
        case .none: false
        case .boolean: bound.count == 1
        case .int32, .uint32: bound.count == 4
        case .int64, .uint64: bound.count == 8
        case .float: bound.count == 4 && !isNaN(bound)
        case .double: bound.count == 8 && !isNaN(bound)
        case .bytes: true
        // Some writers shorten bytes of a fixed length as well.
        case .fixedBytes(let width): bound.count <= width
        case .signedBytes(let width): bound.count == width
        }
    }

    /// Whether it is not a number; the value has the bytes of its type.
    func isNaN(_ value: [UInt8]) -> Bool {
        switch self {
        case .float: unsafe value.withUnsafeBytes { unsafe $0.loadUnaligned(as: Float.self).isNaN }
        case .double: unsafe value.withUnsafeBytes { unsafe $0.loadUnaligned(as: Double.self).isNaN }
        default: false
        }
    }
}

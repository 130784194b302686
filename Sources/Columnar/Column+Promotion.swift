import Bytes

extension Column {
    /// The column as one of a type that holds every value of its own type.
    ///
    /// INT16 and INT32 widen to INT32 and INT64, FLOAT to DOUBLE, a DECIMAL to one with as many digits or more both before
    /// and after the point; text, JSON and the names of enumerations stand for one another, in lists too. DECIMALs have up
    /// to 38 digits here, in an integer or in up to 16 bytes of a fixed number.
    ///
    /// - Parameter wanted: The type of the result.
    /// - Returns: A column of that type with the same values and NULLs, which is the column itself if it has the type;
    ///   `nil` if the type does not hold all values, or if a value lies beyond the digits that its own type states.
    /// - Complexity: O(`slotCount`), O(1) if the column has the type.
    public func promoted(to wanted: ColumnType) -> Column? {
        if type == wanted { return self }
        let target = Column(type: wanted)
        if type.isCarriedLike(wanted) {
            copyAll(to: target)
            return target
        }
        guard case .leaf(let carrier, let logicalType) = type, case .leaf(let wantedCarrier, let wantedType) = wanted,
            appendValues(to: target, carrier, logicalType, wantedCarrier, wantedType)
        else { return nil }
        target.validity.append(validity, from: 0, count: slotCount)
        return target
    }

    /// Appends the values alone; whether that was possible.
    private func appendValues(
        to target: Column,
        _ carrier: PhysicalType,
        _ logicalType: LogicalType?,
        _ wantedCarrier: PhysicalType,
        _ wantedType: LogicalType?
    ) -> Bool {
        switch (logicalType, wantedType) {
        case (.decimal(let precision, let scale), .decimal(let wantedPrecision, let wantedScale)):
            guard wantedScale >= scale, wantedPrecision - wantedScale >= precision - scale, wantedPrecision <= 38,
                let source = DecimalCarrier(carrier), let result = DecimalCarrier(wantedCarrier)
            else { return false }
            return appendDecimals(source, times: .powerOfTen(wantedScale - scale), as: result, to: target)
        case (nil, nil) where carrier == .float && wantedCarrier == .double:
            appendConverted(to: target) { (value: Float) in Double(value).bitPattern }
            return true
        default:
            guard let width = type.integerBitWidth, let wantedWidth = target.type.integerBitWidth, wantedWidth > width
            else { return false }
            switch (carrier, wantedCarrier) {
            case (.int32, .int64): appendConverted(to: target) { (value: Int32) in Int64(value) }
            case (.int32, .int32), (.int64, .int64): unsafe target.values.append(values.bytes)
            default: return false
            }
            return true
        }
    }

    private func appendConverted<From: BitwiseCopyable, To: FixedWidthInteger & BitwiseCopyable>(
        to target: Column,
        _ convert: (From) -> To
    ) {
        withValues(as: From.self) { values in
            let byteCount = values.count * MemoryLayout<To>.stride
            let start = unsafe target.values.reserve(byteCount)
            for index in values.indices {
                let value = convert(values[index]).littleEndian
                unsafe start.storeBytes(of: value, toByteOffset: index &* MemoryLayout<To>.stride, as: To.self)
            }
            target.values.advance(by: byteCount)
        }
    }

    private func appendDecimals(
        _ source: DecimalCarrier,
        times factor: Int128,
        as result: DecimalCarrier,
        to target: Column
    ) -> Bool {
        let count = validity.valueCount
        let start = unsafe target.values.reserve(count * result.byteWidth)
        let bytes = unsafe UnsafeRawPointer(values.base)
        for index in 0..<count {
            let value = unsafe source.load(bytes + index &* source.byteWidth)
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            guard !overflow, unsafe result.store(product, to: start + index &* result.byteWidth) else { return false }
        }
        target.values.advance(by: count * result.byteWidth)
        return true
    }

    private func copyAll(to target: Column) {
        unsafe target.values.append(values.bytes)
        target.validity.append(validity, from: 0, count: slotCount)
        for (child, below) in zip(children, target.children) { child.copyAll(to: below) }
    }
}

extension ColumnType {
    /// Whether the same bytes are the same values in a column of the other type.
    fileprivate func isCarriedLike(_ other: ColumnType) -> Bool {
        switch (self, other) {
        case (.leaf(let carrier, let type), .leaf(let otherCarrier, let otherType)):
            guard carrier == otherCarrier else { return false }
            if type == otherType || type.isText && otherType.isText { return true }
            return integerBitWidth != nil && integerBitWidth == other.integerBitWidth
        case (.list(let element), .list(let other)): return element.isCarriedLike(other)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            return key.isCarriedLike(otherKey) && value.isCarriedLike(otherValue)
        case (.structure(let fields), .structure(let others)):
            return fields.count == others.count
                && zip(fields, others).allSatisfy { $0.name == $1.name && $0.type.isCarriedLike($1.type) }
        default: return false
        }
    }

    /// The bits of a signed integer of more than one byte.
    fileprivate var integerBitWidth: Int? {
        switch self {
        case .leaf(.int32, nil): 32
        case .leaf(.int64, nil): 64
        case .leaf(.int32, .integer(let bitWidth, true)), .leaf(.int64, .integer(let bitWidth, true)):
            bitWidth > 8 ? bitWidth : nil
        default: nil
        }
    }
}

extension LogicalType? {
    fileprivate var isText: Bool { self == .string || self == .json || self == .enumeration }
}

extension Int128 {
    /// 10 to a power from 0 to 38.
    fileprivate static func powerOfTen(_ power: Int) -> Int128 {
        (0..<power).reduce(1) { result, _ in result * 10 }
    }
}

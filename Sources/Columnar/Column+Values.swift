import Bytes

extension Column {
    /// Appends one truth value to a column of them.
    public func append(_ value: Bool) {
        values.append(value ? 1 : 0)
        validity.appendValues(1)
    }

    /// Appends one number to a column of single precision.
    public func append(_ value: Float) {
        append(Int32(bitPattern: value.bitPattern))
    }

    /// Appends one number to a column of double precision.
    public func append(_ value: Double) {
        append(Int64(bitPattern: value.bitPattern))
    }

    /// Appends one value to a column of variable width.
    public func append(binary value: [UInt8]) {
        unsafe value.withUnsafeBytes { unsafe append(bytes: $0) }
    }

    /// Appends one value to a column of fixed width.
    ///
    /// - Precondition: It has that width.
    public func append(fixed value: [UInt8]) {
        if case .leaf(let physicalType, _) = type {
            precondition(physicalType.byteWidth == value.count, "a value does not have the width of its column")
        }
        values.append(value)
        validity.appendValues(1)
    }

    /// Calls a closure with the values of a column of fixed width, one after another and without NULLs.
    ///
    /// - Parameters:
    ///   - type: A type whose values have the bytes of the column's: `Int32`, `Int64`, `Float`, `Double`, `UInt8` for
    ///     truth values, or unsigned integers.
    ///   - body: Is given the values, which it must not keep; the column must not change meanwhile.
    /// - Returns: What the closure returns.
    /// - Throws: What the closure throws.
    /// - Precondition: The column has values of that width.
    public func withValues<Value: BitwiseCopyable, Result, Failure: Error>(
        as type: Value.Type,
        _ body: (Span<Value>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard case .leaf(let physicalType, _) = self.type, physicalType.byteWidth == MemoryLayout<Value>.stride else {
            preconditionFailure("the column has no values of that width")
        }
        let span = unsafe Span<Value>(_unsafeBytes: values.bytes)
        return try body(span)
    }

    /// The text of each slot of a column of variable width, `nil` for NULL; what is not UTF-8 is repaired.
    public var texts: [String?] {
        guard case .leaf(.byteArray, _) = type else { preconditionFailure("the column has no text") }
        var offset = 0
        return (0..<slotCount).map { slot in
            guard validity.isValue(at: slot) else { return nil }
            let bytes = unsafe values.bytes
            let count = unsafe Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset += 4 + count
            return unsafe String(decoding: bytes[offset - count..<offset], as: UTF8.self)
        }
    }
}

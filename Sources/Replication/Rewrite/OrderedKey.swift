import Columnar

/// Values of a leaf as bytes whose order is that of the values, so that bounds can be compared.
enum OrderedKey {
    /// Whether values of a type can be brought into that form.
    static func isPossible(_ type: ColumnType) -> Bool {
        guard case .leaf(let physical, let logical) = type else { return false }
        switch (physical, logical) {
        case (.int32, .integer(_, isSigned: false)?), (.int64, .integer(_, isSigned: false)?): return false
        case (.int32, _), (.int64, _): return true
        case (.fixedLengthByteArray, .decimal?), (.fixedLengthByteArray, .uuid?): return true
        case (.byteArray, .decimal?): return false
        case (.byteArray, _): return true
        default: return false
        }
    }

    /// The bytes of a value, which is as PLAIN encoding has it, without a length.
    ///
    /// - Returns: The bytes, or nil if the value has not the width of its type.
    static func bytes(_ value: some Collection<UInt8>, of type: ColumnType) -> [UInt8]? {
        guard case .leaf(let physical, let logical) = type else { return nil }
        if let width = physical.byteWidth, width != value.count { return nil }
        switch (physical, logical) {
        case (.int32, _), (.int64, _):
            var bytes = Array(value.reversed())
            bytes[0] ^= 0x80
            return bytes
        case (.fixedLengthByteArray, .decimal?):
            var bytes = Array(value)
            bytes[0] ^= 0x80
            return bytes
        default: return Array(value)
        }
    }
}

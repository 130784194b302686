import Bytes

/// Reads Thrift's compact protocol out of bytes that nobody vouches for.
///
/// The grammar is that of ``ThriftWriter``. Sizes are checked against the bytes that are left before anything is
/// allocated: every element of a list takes a byte at least. Structures and containers lie within one another to a
/// depth of ``maximumDepth``. Fields that nobody asks for are skipped, of whatever type they are.
@safe
struct ThriftReader {
    /// The types of fields and elements.
    enum FieldType: UInt8 {
        case boolTrue = 1
        case boolFalse = 2
        case i8 = 3
        case i16 = 4
        case i32 = 5
        case i64 = 6
        case double = 7
        case binary = 8
        case list = 9
        case set = 10
        case map = 11
        case structure = 12
        case uuid = 13
    }

    /// Far more than Parquet's structures need, and little enough for any stack.
    static let maximumDepth = 32

    private let bytes: UnsafeRawBufferPointer
    /// How many bytes were read.
    private(set) var position = 0
    private var depth = 0

    /// Reads from the start of bytes that must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = unsafe bytes
    }

    /// How many bytes are left.
    var remaining: Int { unsafe bytes.count - position }

    // MARK: - Structures

    /// Reads a structure: calls `field` for each of its fields, which must read or ``skip(_:)`` the value.
    mutating func structure(
        _ field: (inout ThriftReader, Int16, FieldType) throws(ParquetReadError) -> Void
    ) throws(ParquetReadError) {
        try descend()
        var last: Int16 = 0
        while true {
            let header = try byte()
            if header == 0 { break }
            let type = try fieldType(header & 15)
            if header >> 4 != 0 {
                let (id, overflow) = last.addingReportingOverflow(Int16(header >> 4))
                guard !overflow else { throw Self.malformed("a field number overflows") }
                last = id
            } else {
                last = try integer(Int16.self)
            }
            try field(&self, last, type)
        }
        depth -= 1
    }

    /// Reads a structure that is a field's value.
    mutating func structure(
        _ type: FieldType,
        _ field: (inout ThriftReader, Int16, FieldType) throws(ParquetReadError) -> Void
    ) throws(ParquetReadError) {
        guard type == .structure else { throw Self.unexpected(type) }
        try structure(field)
    }

    /// Reads a list, element by element, each of which takes so many bytes at least.
    mutating func list<Element>(
        _ type: FieldType,
        leastByteCount: Int = 1,
        _ element: (inout ThriftReader, FieldType) throws(ParquetReadError) -> Element
    ) throws(ParquetReadError) -> [Element] {
        guard type == .list || type == .set else { throw Self.unexpected(type) }
        let (elementType, count) = try listHeader()
        guard count <= remaining / leastByteCount else { throw Self.truncated }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try element(&self, elementType)) }
        return elements
    }

    // MARK: - Values

    /// A boolean field, whose value lies in its type.
    func bool(_ type: FieldType) throws(ParquetReadError) -> Bool {
        guard type == .boolTrue || type == .boolFalse else { throw Self.unexpected(type) }
        return type == .boolTrue
    }

    /// A boolean as the element of a list: one byte.
    mutating func boolElement(_ type: FieldType) throws(ParquetReadError) -> Bool {
        guard type == .boolTrue || type == .boolFalse else { throw Self.unexpected(type) }
        return try byte() == 1
    }

    mutating func i8(_ type: FieldType) throws(ParquetReadError) -> Int8 {
        guard type == .i8 else { throw Self.unexpected(type) }
        return Int8(bitPattern: try byte())
    }

    mutating func i16(_ type: FieldType) throws(ParquetReadError) -> Int16 {
        guard type == .i16 else { throw Self.unexpected(type) }
        return try integer(Int16.self)
    }

    mutating func i32(_ type: FieldType) throws(ParquetReadError) -> Int32 {
        guard type == .i32 else { throw Self.unexpected(type) }
        return try integer(Int32.self)
    }

    mutating func i64(_ type: FieldType) throws(ParquetReadError) -> Int {
        guard type == .i64 else { throw Self.unexpected(type) }
        return Int(try integer(Int64.self))
    }

    mutating func binary(_ type: FieldType) throws(ParquetReadError) -> [UInt8] {
        unsafe Array(try blob(type))
    }

    /// Text; what is not UTF-8 is repaired.
    mutating func string(_ type: FieldType) throws(ParquetReadError) -> String {
        unsafe String(decoding: try blob(type), as: UTF8.self)
    }

    /// Passes over a field's value.
    mutating func skip(_ type: FieldType) throws(ParquetReadError) {
        try skip(type, isElement: false)
    }

    // MARK: - Primitives

    private mutating func skip(_ type: FieldType, isElement: Bool) throws(ParquetReadError) {
        switch type {
        case .boolTrue, .boolFalse: if isElement { try advance(1) }
        case .i8: try advance(1)
        case .i16, .i32, .i64: _ = try varint()
        case .double: try advance(8)
        case .uuid: try advance(16)
        case .binary: _ = unsafe try blob(type)
        case .structure: try structure { reader, _, type throws(ParquetReadError) in try reader.skip(type) }
        case .list, .set:
            try descend()
            let (elementType, count) = try listHeader()
            for _ in 0..<count { try skip(elementType, isElement: true) }
            depth -= 1
        case .map:
            try descend()
            let count = try size(elementByteCount: 2)
            if count > 0 {
                let types = try byte()
                let key = try fieldType(types >> 4)
                let value = try fieldType(types & 15)
                for _ in 0..<count {
                    try skip(key, isElement: true)
                    try skip(value, isElement: true)
                }
            }
            depth -= 1
        }
    }

    private mutating func listHeader() throws(ParquetReadError) -> (FieldType, count: Int) {
        let header = try byte()
        let type = try fieldType(header & 15)
        if header >> 4 == 15 { return (type, try size(elementByteCount: 1)) }
        guard Int(header >> 4) <= remaining else { throw Self.truncated }
        return (type, Int(header >> 4))
    }

    private mutating func blob(_ type: FieldType) throws(ParquetReadError) -> UnsafeRawBufferPointer {
        guard type == .binary else { throw Self.unexpected(type) }
        let count = try size(elementByteCount: 1)
        let start = position
        try advance(count)
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    /// A count of elements that each take so many bytes at least.
    private mutating func size(elementByteCount: Int) throws(ParquetReadError) -> Int {
        let size = try varint()
        guard size <= UInt64(remaining / elementByteCount) else { throw Self.truncated }
        return Int(size)
    }

    private mutating func integer<T: FixedWidthInteger & SignedInteger>(_: T.Type) throws(ParquetReadError) -> T {
        let raw = try varint()
        let value = Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
        guard let narrow = T(exactly: value) else { throw Self.malformed("an integer is wider than its type") }
        return narrow
    }

    private mutating func varint() throws(ParquetReadError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            // The tenth byte has room for one bit.
            guard shift < 63 || next <= 1 else { throw Self.malformed("an integer has more than 64 bits") }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    private mutating func byte() throws(ParquetReadError) -> UInt8 {
        guard remaining > 0 else { throw Self.truncated }
        defer { position += 1 }
        return unsafe bytes[position]
    }

    private mutating func advance(_ count: Int) throws(ParquetReadError) {
        guard count <= remaining else { throw Self.truncated }
        position += count
    }

    private mutating func descend() throws(ParquetReadError) {
        guard depth < Self.maximumDepth else { throw Self.malformed("structures nest too deep") }
        depth += 1
    }

    private func fieldType(_ nibble: UInt8) throws(ParquetReadError) -> FieldType {
        guard let type = FieldType(rawValue: nibble) else { throw Self.malformed("a field has type \(nibble)") }
        return type
    }

    private static var truncated: ParquetReadError { ParquetReadError(.truncated, "Metadata ends in mid structure.") }

    private static func unexpected(_ type: FieldType) -> ParquetReadError {
        malformed("a field has type \(type.rawValue), which is not its type in parquet.thrift")
    }

    private static func malformed(_ reason: String) -> ParquetReadError {
        ParquetReadError(.malformed, "Metadata is damaged: \(reason).")
    }
}

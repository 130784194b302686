import Bytes

/// Writes Thrift's compact protocol.
///
/// ```
/// field    (idDelta << 4 | type), or type zigzag(id) where the delta is not 1...15
/// integer  zigzag varint          binary  varint length, bytes
/// list     (count << 4 | type), or 0xf0 | type and varint count from 15 on
/// struct   field* 0x00
/// ```
struct ThriftWriter {
    /// The type nibbles that Parquet's structures use.
    enum FieldType: UInt8 {
        case boolTrue = 1
        case boolFalse = 2
        case i8 = 3
        case i16 = 4
        case i32 = 5
        case i64 = 6
        case binary = 8
        case list = 9
        case structure = 12
    }

    let out: ByteBuffer
    private var lastField: Int16 = 0
    private var outerFields: [Int16] = []

    init(_ out: ByteBuffer) {
        self.out = out
    }

    mutating func bool(_ id: Int16, _ value: Bool) {
        field(id, value ? .boolTrue : .boolFalse)
    }

    mutating func i8(_ id: Int16, _ value: Int8) {
        field(id, .i8)
        out.append(UInt8(bitPattern: value))
    }

    mutating func i16(_ id: Int16, _ value: Int16) {
        field(id, .i16)
        zigzag(Int64(value))
    }

    mutating func i32(_ id: Int16, _ value: Int32) {
        field(id, .i32)
        zigzag(Int64(value))
    }

    mutating func i64(_ id: Int16, _ value: Int64) {
        field(id, .i64)
        zigzag(value)
    }

    mutating func binary(_ id: Int16, _ value: [UInt8]) {
        field(id, .binary)
        binaryElement(value)
    }

    mutating func string(_ id: Int16, _ value: String) {
        binary(id, Array(value.utf8))
    }

    mutating func list(_ id: Int16, _ elementType: FieldType, count: Int) {
        field(id, .list)
        if count < 15 {
            out.append(UInt8(count) << 4 | elementType.rawValue)
        } else {
            out.append(0xf0 | elementType.rawValue)
            out.appendVarint(UInt64(count))
        }
    }

    mutating func binaryElement(_ value: [UInt8]) {
        out.appendVarint(UInt64(value.count))
        out.append(value)
    }

    mutating func boolElement(_ value: Bool) {
        out.append(value ? 1 : 2)
    }

    mutating func integerElement(_ value: Int64) {
        zigzag(value)
    }

    /// Writes a nested structure as a field.
    mutating func structure(_ id: Int16, _ body: (inout ThriftWriter) -> Void) {
        field(id, .structure)
        structureElement(body)
    }

    /// Writes a structure as a list's element, or as the outermost one.
    mutating func structureElement(_ body: (inout ThriftWriter) -> Void) {
        outerFields.append(lastField)
        lastField = 0
        body(&self)
        out.append(0)
        lastField = outerFields.removeLast()
    }

    private mutating func field(_ id: Int16, _ type: FieldType) {
        let delta = id - lastField
        if (1...15).contains(delta) {
            out.append(UInt8(delta) << 4 | type.rawValue)
        } else {
            out.append(type.rawValue)
            zigzag(Int64(id))
        }
        lastField = id
    }

    private func zigzag(_ value: Int64) {
        out.appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}

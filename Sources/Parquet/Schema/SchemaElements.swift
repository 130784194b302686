import Bytes
import Columnar

/// Writes the schema as the footer has it: depth first, the root first.
///
/// Lists have three levels (`optional group x (LIST) { repeated group list { optional element } }`), maps likewise
/// with `key_value`, as LogicalTypes.md asks for. Both the logical and the older converted type are written.
enum SchemaElements {
    private static let required: Int32 = 0
    private static let optional: Int32 = 1
    private static let repeated: Int32 = 2

    /// The number of elements, the root included.
    static func count(_ schema: TableSchema) -> Int {
        func count(_ type: ColumnType) -> Int {
            switch type {
            case .leaf: 1
            case .list(let element): 2 + count(element)
            case .map(let key, let value): 2 + count(key) + count(value)
            case .structure(let fields): fields.reduce(1) { $0 + count($1.type) }
            }
        }
        return schema.fields.reduce(1) { $0 + count($1.type) }
    }

    /// Writes all elements.
    static func write(_ schema: TableSchema, to thrift: inout ThriftWriter) {
        thrift.structureElement { thrift in
            thrift.string(4, "schema")
            thrift.i32(5, Int32(schema.fields.count))
        }
        for field in schema.fields {
            write(field.type, name: field.name, repetition: field.isNullable ? optional : required, to: &thrift)
        }
    }

    private static func write(
        _ type: ColumnType,
        name: String,
        repetition: Int32,
        to thrift: inout ThriftWriter
    ) {
        switch type {
        case .leaf(let physical, let logical):
            thrift.structureElement { leaf(physical, logical, name: name, repetition: repetition, to: &$0) }
        case .list(let element):
            group(name, repetition: repetition, childCount: 1, converted: 3, logical: 3, to: &thrift)
            group("list", repetition: repeated, childCount: 1, converted: nil, logical: nil, to: &thrift)
            write(element, name: "element", repetition: optional, to: &thrift)
        case .map(let key, let value):
            group(name, repetition: repetition, childCount: 1, converted: 1, logical: 2, to: &thrift)
            group("key_value", repetition: repeated, childCount: 2, converted: nil, logical: nil, to: &thrift)
            write(key, name: "key", repetition: required, to: &thrift)
            write(value, name: "value", repetition: optional, to: &thrift)
        case .structure(let fields):
            group(
                name,
                repetition: repetition,
                childCount: Int32(fields.count),
                converted: nil,
                logical: nil,
                to: &thrift
            )
            for field in fields {
                write(field.type, name: field.name, repetition: field.isNullable ? optional : required, to: &thrift)
            }
        }
    }

    private static func group(
        _ name: String,
        repetition: Int32,
        childCount: Int32,
        converted: Int32?,
        logical: Int16?,
        to thrift: inout ThriftWriter
    ) {
        thrift.structureElement { thrift in
            thrift.i32(3, repetition)
            thrift.string(4, name)
            thrift.i32(5, childCount)
            if let converted { thrift.i32(6, converted) }
            if let logical { thrift.structure(10) { $0.structure(logical) { _ in } } }
        }
    }

    private static func leaf(
        _ physical: PhysicalType,
        _ logical: LogicalType?,
        name: String,
        repetition: Int32,
        to thrift: inout ThriftWriter
    ) {
        thrift.i32(1, logical == .int96Timestamp ? 3 : physical.thriftValue)
        if case .fixedLengthByteArray(let width) = physical, logical != .int96Timestamp { thrift.i32(2, Int32(width)) }
        thrift.i32(3, repetition)
        thrift.string(4, name)
        guard let logical else { return }
        if let converted = logical.convertedType { thrift.i32(6, converted) }
        if case .decimal(let precision, let scale) = logical {
            thrift.i32(7, Int32(scale))
            thrift.i32(8, Int32(precision))
        }
        if logical.hasUnionMember { thrift.structure(10) { logical.write(to: &$0) } }
    }
}

extension PhysicalType {
    /// The number in the file (parquet.thrift, `Type`).
    var thriftValue: Int32 {
        switch self {
        case .boolean: 0
        case .int32: 1
        case .int64: 2
        case .float: 4
        case .double: 5
        case .byteArray: 6
        case .fixedLengthByteArray: 7
        }
    }
}

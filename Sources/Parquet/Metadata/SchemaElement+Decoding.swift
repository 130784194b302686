extension FileMetadata.SchemaElement {
    /// Reads a `SchemaElement`.
    init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var name: String?
        var element = FileMetadata.SchemaElement(name: "")
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: element.physicalType = try thrift.i32(type)
            case 2: element.typeLength = try thrift.i32(type)
            case 3: element.repetition = try thrift.i32(type)
            case 4: name = try thrift.string(type)
            case 5: element.childCount = try thrift.i32(type)
            case 6: element.convertedType = try thrift.i32(type)
            case 7: element.scale = try thrift.i32(type)
            case 8: element.precision = try thrift.i32(type)
            case 9: element.fieldID = try thrift.i32(type)
            case 10: element.annotation = try FileMetadata.Annotation(&thrift, type)
            default: try thrift.skip(type)
            }
        }
        guard let name else { throw FileMetadata.lacking("schema") }
        self = element
        self.name = name
    }
}

extension FileMetadata.Annotation {
    /// Reads a `LogicalType`: a structure with one field, whose number says which it is.
    init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var annotation = FileMetadata.Annotation.unknown(0)
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 5: annotation = try Self.decimal(&thrift, type)
            case 7, 8: annotation = try Self.clock(&thrift, type, isTimestamp: id == 8)
            case 10: annotation = try Self.integer(&thrift, type)
            default:
                annotation = Self.plain[id] ?? .unknown(id)
                try thrift.skip(type)
            }
        }
        self = annotation
    }

    private static let plain: [Int16: FileMetadata.Annotation] = [
        1: .string, 2: .map, 3: .list, 4: .enumeration, 6: .date, 11: .null, 12: .json, 13: .bson, 14: .uuid,
        15: .float16,
    ]

    private static func decimal(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> FileMetadata.Annotation {
        var (scale, precision): (Int32, Int32) = (0, 0)
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: scale = try thrift.i32(type)
            case 2: precision = try thrift.i32(type)
            default: try thrift.skip(type)
            }
        }
        return .decimal(precision: precision, scale: scale)
    }

    private static func clock(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType,
        isTimestamp: Bool
    ) throws(ParquetReadError) -> FileMetadata.Annotation {
        var unit: Int16 = 0
        var isAdjustedToUTC = false
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: isAdjustedToUTC = try thrift.bool(type)
            case 2:
                try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
                    unit = id
                    try thrift.skip(type)
                }
            default: try thrift.skip(type)
            }
        }
        return isTimestamp
            ? .timestamp(unit: unit, isAdjustedToUTC: isAdjustedToUTC)
            : .time(unit: unit, isAdjustedToUTC: isAdjustedToUTC)
    }

    private static func integer(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> FileMetadata.Annotation {
        var bitWidth: Int8 = 0
        var isSigned = true
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: bitWidth = try thrift.i8(type)
            case 2: isSigned = try thrift.bool(type)
            default: try thrift.skip(type)
            }
        }
        return .integer(bitWidth: bitWidth, isSigned: isSigned)
    }
}

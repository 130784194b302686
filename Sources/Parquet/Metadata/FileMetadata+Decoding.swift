extension FileMetadata {
    /// Reads a footer.
    ///
    /// - Throws: ``ParquetReadError`` if it ends too early, is no Thrift, or lacks what it must have.
    init(footer: UnsafeRawBufferPointer) throws(ParquetReadError) {
        var thrift = unsafe ThriftReader(footer)
        var required: (version: Int32?, schema: [SchemaElement]?, rowCount: Int?, rowGroups: [RowGroup]?)
        var optional = FileMetadata(version: 1, schema: [], rowCount: 0, rowGroups: [])
        try thrift.structure { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: required.version = try thrift.i32(type)
            case 2:
                // A name and the number of children, or a type and a repetition.
                required.schema = try thrift.list(type, leastByteCount: 5) { thrift, type throws(ParquetReadError) in
                    try SchemaElement(&thrift, type)
                }
            case 3: required.rowCount = try thrift.i64(type)
            case 4:
                required.rowGroups = try thrift.list(type) { thrift, type throws(ParquetReadError) in
                    try RowGroup(&thrift, type)
                }
            case 5: optional.keyValueMetadata = try KeyValue.list(&thrift, type)
            case 6: optional.createdBy = try thrift.string(type)
            case 7:
                optional.columnOrders = try thrift.list(type) { thrift, type throws(ParquetReadError) in
                    try ColumnOrder(&thrift, type)
                }
            case 8:
                optional.hasEncryptedColumns = true
                try thrift.skip(type)
            default: try thrift.skip(type)
            }
        }
        guard let version = required.version, let schema = required.schema, let rowCount = required.rowCount,
            let rowGroups = required.rowGroups
        else { throw Self.lacking("footer") }
        self = optional
        self.version = version
        self.schema = schema
        self.rowCount = rowCount
        self.rowGroups = rowGroups
    }

    static func lacking(_ what: String) -> ParquetReadError {
        ParquetReadError(.malformed, "The metadata's \(what) lacks a field that it must have.")
    }
}

extension FileMetadata.KeyValue {
    static func list(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> [FileMetadata.KeyValue] {
        try thrift.list(type) { thrift, type throws(ParquetReadError) in
            var key = ""
            var value: String?
            try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
                switch id {
                case 1: key = try thrift.string(type)
                case 2: value = try thrift.string(type)
                default: try thrift.skip(type)
                }
            }
            return FileMetadata.KeyValue(key: key, value: value)
        }
    }
}

extension FileMetadata.ColumnOrder {
    fileprivate init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var order = FileMetadata.ColumnOrder.unknown
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: order = .type
            case 2: order = .ieee754Total
            case 3: order = .int96Timestamp
            default: break
            }
            try thrift.skip(type)
        }
        self = order
    }
}

extension FileMetadata.RowGroup {
    /// Reads a `RowGroup`.
    init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var columns: [FileMetadata.ColumnChunk]?
        var rowCount: Int?
        var group = FileMetadata.RowGroup(columns: [], uncompressedByteCount: 0, rowCount: 0)
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1:
                // Five numbers at least, or what is encrypted.
                columns = try thrift.list(type, leastByteCount: 12) { thrift, type throws(ParquetReadError) in
                    try FileMetadata.ColumnChunk(&thrift, type)
                }
            case 2: group.uncompressedByteCount = try thrift.i64(type)
            case 3: rowCount = try thrift.i64(type)
            case 4:
                group.sortingColumns = try thrift.list(type) { thrift, type throws(ParquetReadError) in
                    try FileMetadata.SortingColumn(&thrift, type)
                }
            case 5: group.fileOffset = try thrift.i64(type)
            case 6: group.compressedByteCount = try thrift.i64(type)
            case 7: group.ordinal = try thrift.i16(type)
            default: try thrift.skip(type)
            }
        }
        guard let columns, let rowCount else { throw FileMetadata.lacking("row group") }
        self = group
        self.columns = columns
        self.rowCount = rowCount
    }
}

extension FileMetadata.SortingColumn {
    fileprivate init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var column = FileMetadata.SortingColumn(leafIndex: 0, isDescending: false, hasNullsFirst: false)
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: column.leafIndex = try thrift.i32(type)
            case 2: column.isDescending = try thrift.bool(type)
            case 3: column.hasNullsFirst = try thrift.bool(type)
            default: try thrift.skip(type)
            }
        }
        self = column
    }
}

/// What stands before each page (parquet.thrift, `PageHeader`).
struct PageHeader {
    /// What the page holds.
    enum Kind {
        case data(DataPage)
        case dataV2(DataPageV2)
        case dictionary(valueCount: Int32, encoding: Int32)
        /// Something to be passed over.
        case other
    }

    /// `DataPageHeader`.
    struct DataPage {
        var entryCount: Int32
        var encoding: Int32
        var definitionLevelEncoding: Int32
        var repetitionLevelEncoding: Int32
    }

    /// `DataPageHeaderV2`.
    struct DataPageV2 {
        var entryCount: Int32
        var nullCount: Int32
        var rowCount: Int32
        var encoding: Int32
        var definitionLevelByteCount: Int32
        var repetitionLevelByteCount: Int32
        var isCompressed = true
    }

    let kind: Kind
    /// The body's bytes before compression, levels included.
    let uncompressedByteCount: Int
    /// The body's bytes in the file.
    let compressedByteCount: Int
    /// CRC-32 of the body's bytes in the file.
    let checksum: Int32?
}

extension PageHeader {
    /// Reads the header that `thrift` stands before.
    init(_ thrift: inout ThriftReader) throws(ParquetReadError) {
        var type: Int32?
        var sizes: (uncompressed: Int32?, compressed: Int32?)
        var checksum: Int32?
        var data: DataPage?
        var dataV2: DataPageV2?
        var dictionary: Kind?
        try thrift.structure { thrift, id, fieldType throws(ParquetReadError) in
            switch id {
            case 1: type = try thrift.i32(fieldType)
            case 2: sizes.uncompressed = try thrift.i32(fieldType)
            case 3: sizes.compressed = try thrift.i32(fieldType)
            case 4: checksum = try thrift.i32(fieldType)
            case 5: data = try Self.dataPage(&thrift, fieldType)
            case 7: dictionary = try Self.dictionaryPage(&thrift, fieldType)
            case 8: dataV2 = try Self.dataPageV2(&thrift, fieldType)
            default: try thrift.skip(fieldType)
            }
        }
        guard let type, let uncompressed = sizes.uncompressed, let compressed = sizes.compressed else {
            throw Self.incomplete
        }
        guard uncompressed >= 0, compressed >= 0 else {
            throw ParquetReadError(.malformed, "A page has a negative size.")
        }
        let kind: Kind? =
            switch type {
            case 0: data.map(Kind.data)
            case 2: dictionary
            case 3: dataV2.map(Kind.dataV2)
            default: .other
            }
        guard let kind else { throw Self.incomplete }
        self.kind = kind
        uncompressedByteCount = Int(uncompressed)
        compressedByteCount = Int(compressed)
        self.checksum = checksum
    }

    private static var incomplete: ParquetReadError {
        ParquetReadError(.malformed, "A page header lacks a field that it must have.")
    }

    private static func dataPage(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> DataPage {
        var numbers = RequiredNumbers(count: 4)
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            if try !numbers.read(id, type, &thrift) { try thrift.skip(type) }
        }
        let values = try numbers.values()
        return DataPage(
            entryCount: values[0],
            encoding: values[1],
            definitionLevelEncoding: values[2],
            repetitionLevelEncoding: values[3]
        )
    }

    private static func dataPageV2(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> DataPageV2 {
        var numbers = RequiredNumbers(count: 6)
        var isCompressed = true
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            if id == 7 {
                isCompressed = try thrift.bool(type)
            } else if try !numbers.read(id, type, &thrift) {
                try thrift.skip(type)
            }
        }
        let values = try numbers.values()
        return DataPageV2(
            entryCount: values[0],
            nullCount: values[1],
            rowCount: values[2],
            encoding: values[3],
            definitionLevelByteCount: values[4],
            repetitionLevelByteCount: values[5],
            isCompressed: isCompressed
        )
    }

    private static func dictionaryPage(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> Kind {
        var numbers = RequiredNumbers(count: 2)
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            if try !numbers.read(id, type, &thrift) { try thrift.skip(type) }
        }
        let values = try numbers.values()
        return .dictionary(valueCount: values[0], encoding: values[1])
    }

    /// The fields 1 to `count` of a header, all of them required 32-bit integers that are not negative.
    private struct RequiredNumbers {
        private var numbers: [Int32?]

        init(count: Int) {
            numbers = Array(repeating: nil, count: count)
        }

        /// Reads the field if it is one of them.
        mutating func read(
            _ id: Int16,
            _ type: ThriftReader.FieldType,
            _ thrift: inout ThriftReader
        ) throws(ParquetReadError) -> Bool {
            guard id >= 1, Int(id) <= numbers.count else { return false }
            numbers[Int(id) - 1] = try thrift.i32(type)
            return true
        }

        func values() throws(ParquetReadError) -> [Int32] {
            let values = numbers.compactMap(\.self)
            guard values.count == numbers.count else { throw PageHeader.incomplete }
            guard values.allSatisfy({ $0 >= 0 }) else {
                throw ParquetReadError(.malformed, "A page header has a negative count.")
            }
            return values
        }
    }
}

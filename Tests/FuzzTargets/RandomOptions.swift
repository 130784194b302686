import Columnar
import Parquet

/// Options of every kind that suit a schema.
enum RandomOptions {
    static func make(_ schema: TableSchema, _ choices: inout Choices) -> WriterOptions {
        var options = WriterOptions(codec: choices.pick(CompressionCodec.allCases))
        options.dataPageVersion = choices.pick(DataPageVersion.allCases)
        options.pageRowCount = choices.pick([1, 7, 100, 1_000, 20_000])
        options.pageByteCount = choices.pick([1, 100, 2_000, 1 << 20])
        options.dictionaryByteCount = choices.pick([0, 1, 200, 1 << 20])
        if options.codec == .zstd || options.codec == .gzip { options.compressionLevel = 1 + choices.next(below: 9) }
        for field in schema.fields {
            for (path, type) in leaves(of: field.type, [field.name]) where choices.isOne(of: 2) {
                options.columns[path] = column(type, &choices)
            }
        }
        return options
    }

    private static func column(_ type: PhysicalType, _ choices: inout Choices) -> ColumnOptions {
        var column = ColumnOptions(encoding: choices.pick(encodings(of: type)))
        if choices.isOne(of: 3) { column.codec = choices.pick(CompressionCodec.allCases) }
        if choices.isOne(of: 3), type != .boolean {
            column.bloomFilter = BloomFilterOptions(
                falsePositiveRate: choices.pick([0.5, 0.01, 0.000_1]),
                isLeftOutWhereSorted: choices.isOne(of: 2)
            )
        }
        column.writesBounds = !choices.isOne(of: 4)
        return column
    }

    /// The encodings that a type can have.
    private static func encodings(of type: PhysicalType) -> [PageEncoding?] {
        switch type {
        case .boolean: [nil, .plain, .rle]
        case .int32, .int64: [nil, .plain, .rleDictionary, .deltaBinaryPacked, .byteStreamSplit]
        case .float, .double: [nil, .plain, .rleDictionary, .byteStreamSplit]
        case .byteArray: [nil, .plain, .rleDictionary, .deltaLengthByteArray, .deltaByteArray]
        case .fixedLengthByteArray: [nil, .plain, .rleDictionary, .deltaByteArray, .byteStreamSplit]
        }
    }

    /// The leaves below a node, by their paths in the file.
    private static func leaves(of type: ColumnType, _ path: [String]) -> [([String], PhysicalType)] {
        switch type {
        case .leaf(let physicalType, _): [(path, physicalType)]
        case .list(let element): leaves(of: element, path + ["list", "element"])
        case .map(let key, let value):
            leaves(of: key, path + ["key_value", "key"]) + leaves(of: value, path + ["key_value", "value"])
        case .structure(let fields): fields.flatMap { leaves(of: $0.type, path + [$0.name]) }
        }
    }
}

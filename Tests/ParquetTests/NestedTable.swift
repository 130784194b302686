import Bytes
import Columnar
import Parquet

/// Random rows of columns that lie within one another in every way.
struct NestedTable {
    let schema: TableSchema
    let batch: RowBatch

    private static let integer = ColumnType.leaf(.int32, nil)
    private static let text = ColumnType.leaf(.byteArray, .string)
    private static let pair = ColumnType.structure([
        Field(name: "number", type: integer, isNullable: false), Field(name: "text", type: text),
    ])

    private static let types: [(String, ColumnType)] = [
        ("pair", pair),
        (
            "pair of pairs",
            .structure([Field(name: "left", type: pair), Field(name: "right", type: pair, isNullable: false)])
        ),
        ("list of pairs", .list(pair)),
        (
            "pair of lists",
            .structure([
                Field(name: "numbers", type: .list(integer)),
                Field(name: "texts", type: .list(text), isNullable: false),
            ])
        ),
        ("lists of lists of pairs", .list(.list(pair))),
        ("map to pairs", .map(key: text, value: pair)),
        ("map to maps", .map(key: integer, value: .map(key: text, value: .list(integer)))),
        ("flags in a pair", .structure([Field(name: "flag", type: .leaf(.boolean, nil))])),
        ("unsigned", .leaf(.int32, .integer(bitWidth: 32, isSigned: false))),
        ("milliseconds", .leaf(.int64, .timestamp(unit: .milliseconds, isAdjustedToUTC: true))),
        ("half", .leaf(.fixedLengthByteArray(2), .float16)),
        ("interval", .leaf(.fixedLengthByteArray(12), .interval)),
    ]

    /// Rows that follow from the seed.
    init(rowCount: Int, seed: UInt64) {
        schema = TableSchema(
            fields: Self.types.flatMap { name, type in
                [Field(name: name, type: type), Field(name: name + "!", type: type, isNullable: false)]
            }
        )
        batch = RowBatch(schema: schema)
        var random = SeededRandom(state: seed)
        for (field, column) in zip(schema.fields, batch.columns) {
            for _ in 0..<rowCount { Self.append(to: column, isNullable: field.isNullable, &random) }
        }
    }

    /// A file of the rows, in row groups of at most so many.
    func encode(_ options: WriterOptions) throws -> [UInt8] {
        let scratch = PageScratch()
        let writer = try RowGroupWriter(schema: schema, options: options)
        try writer.append(batch, scratch: scratch)
        var file = FileFooter.magic
        let group = try writer.finish(scratch: scratch) { file += $0 }
        return file
            + FileFooter.encode(
                schema: schema,
                rowGroups: [(FileFooter.magic.count, group)],
                keyValueMetadata: [("key", "value")],
                createdBy: "sluice version 0.0.0 (build test)",
                fileByteCount: file.count
            )
    }

    private static func append(to column: Column, isNullable: Bool, _ random: inout SeededRandom) {
        if isNullable, random.next(below: 4) == 0 { return column.appendNulls(1) }
        switch column.type {
        case .leaf(.boolean, _): column.append(random.next(below: 2) == 0)
        case .leaf(.int32, _): column.append(Int32(truncatingIfNeeded: Int(random.next() >> 20) % 1_000 - 500))
        case .leaf(.int64, _): column.append(Int64(random.next(below: 1 << 40)))
        case .leaf(.fixedLengthByteArray(let width), _): column.append(fixed: (0..<width).map { UInt8($0 * 3) })
        case .leaf: column.append("t\(random.next(below: 30))")
        case .structure(let fields):
            column.append(structureCount: 1)
            for (field, child) in zip(fields, column.children) {
                append(to: child, isNullable: field.isNullable, &random)
            }
        case .list:
            let count = random.next(below: 4)
            column.append(entryCount: count)
            for _ in 0..<count { append(to: column.children[0], isNullable: true, &random) }
        case .map:
            let count = random.next(below: 3)
            column.append(entryCount: count)
            for _ in 0..<count {
                append(to: column.children[0], isNullable: false, &random)
                append(to: column.children[1], isNullable: true, &random)
            }
        }
    }
}

/// SplitMix64.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int(next() >> 1) % bound }
}

public import Columnar
import Parquet

/// A table of any schema, rows and options, and the file that the writer makes of it.
public struct RandomTable {
    /// The schema.
    public let schema: TableSchema
    /// The rows of each row group.
    public let batches: [RowBatch]
    private let options: WriterOptions

    /// Makes a table of the choices, of at most so many columns and rows.
    public init(_ choices: inout Choices, columnCount: Int, rowCount: Int) {
        schema = RandomSchema.make(fieldCount: columnCount, &choices)
        options = Self.options(&choices)
        var makers = schema.fields.map { RandomColumn($0.type, isNullable: $0.isNullable, &choices) }
        let counts = (0...choices.next(below: 2)).map { _ in choices.next(below: rowCount + 1) }
        var batches: [RowBatch] = []
        for count in counts {
            let batch = RowBatch(schema: schema)
            for index in makers.indices {
                for _ in 0..<count { makers[index].append(to: batch.columns[index], &choices) }
            }
            batches.append(batch)
        }
        self.batches = batches
    }

    /// The file, with a row group for each batch.
    public func encode() throws -> [UInt8] {
        let scratch = PageScratch(options: options)
        let writer = RowGroupWriter(schema: schema, options: options)
        var file = FileFooter.magic
        var groups: [(offset: Int, metadata: RowGroupMetadata)] = []
        for batch in batches {
            let offset = file.count
            try writer.append(batch, scratch: scratch)
            groups.append((offset, try writer.finish(scratch: scratch) { file += $0 }))
        }
        return file
            + FileFooter.encode(
                schema: schema,
                rowGroups: groups,
                keyValueMetadata: [("key", "value")],
                createdBy: "sluice version 0.0.0 (build test)",
                fileByteCount: file.count
            )
    }

    private static func options(_ choices: inout Choices) -> WriterOptions {
        var options = WriterOptions(codec: choices.pick(CompressionCodec.allCases))
        options.pageRowCount = choices.pick([1, 7, 100, 1_000, 20_000])
        options.pageByteCount = choices.pick([1, 100, 2_000, 1 << 20])
        options.dictionaryByteCount = choices.pick([0, 1, 200, 1 << 20])
        if options.codec == .zstd || options.codec == .gzip { options.compressionLevel = 1 + choices.next(below: 9) }
        return options
    }
}

/// Fills a column and those below it.
struct RandomColumn {
    /// How NULLs lie.
    private enum Nulls: CaseIterable { case none, some, runs, all }

    private let type: ColumnType
    private let nulls: Nulls
    private let entryCount: Int
    private var leaf: RandomLeaf?
    private var children: [RandomColumn]
    /// The slots that are still to be as the one before.
    private var run = 0
    private var runIsNull = false

    init(_ type: ColumnType, isNullable: Bool, _ choices: inout Choices) {
        self.type = type
        nulls = isNullable ? choices.pick(Nulls.allCases) : .none
        entryCount = choices.pick([0, 1, 3, 6])
        switch type {
        case .leaf(let physical, let logical):
            leaf = RandomLeaf(physical, logical, &choices)
            children = []
        case .list(let element): children = [RandomColumn(element, isNullable: true, &choices)]
        case .map(let key, let value):
            children = [
                RandomColumn(key, isNullable: false, &choices), RandomColumn(value, isNullable: true, &choices),
            ]
        case .structure(let fields):
            children = fields.map { RandomColumn($0.type, isNullable: $0.isNullable, &choices) }
        }
    }

    /// Appends one slot.
    mutating func append(to column: Column, _ choices: inout Choices) {
        guard !isNull(&choices) else { return column.appendNulls(1) }
        switch type {
        case .leaf: leaf?.append(to: column, &choices)
        case .structure:
            column.append(structureCount: 1)
            for index in children.indices { children[index].append(to: column.children[index], &choices) }
        case .list, .map:
            let count = entryCount == 0 ? 0 : Int(choices.next() >> 8) % (entryCount + 1)
            column.append(entryCount: count)
            for _ in 0..<count {
                for index in children.indices { children[index].append(to: column.children[index], &choices) }
            }
        }
    }

    private mutating func isNull(_ choices: inout Choices) -> Bool {
        switch nulls {
        case .none: return false
        case .all: return true
        case .some: return choices.next() >> 8 & 3 == 0
        case .runs:
            if run == 0 {
                run = Int(choices.next() >> 8) % 200
                runIsNull.toggle()
            } else {
                run -= 1
            }
            return runIsNull
        }
    }
}

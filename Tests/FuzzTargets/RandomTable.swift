public import Columnar
public import Parquet

/// A table of any schema, rows and options, and the file that the writer makes of it.
public struct RandomTable {
    /// The schema.
    public let schema: TableSchema
    /// The rows of each row group.
    public let batches: [RowBatch]
    /// How the file is laid out.
    public let options: WriterOptions

    /// Makes a table of the choices, of at most so many columns and rows.
    public init(_ choices: inout Choices, columnCount: Int, rowCount: Int) {
        schema = RandomSchema.make(fieldCount: columnCount, &choices)
        options = RandomOptions.make(schema, &choices)
        var makers = schema.fields.map { RandomColumn($0.type, isNullable: $0.isNullable, &choices) }
        let counts = (0...choices.next(below: 2)).map { _ in choices.next(below: rowCount + 1) }.filter { $0 > 0 }
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

    /// The file, with a row group for each batch that has rows.
    public func encode() throws -> [UInt8] {
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(
            schema: schema,
            options: options,
            keyValueMetadata: [("key", "value")],
            createdBy: "sluice version 0.0.0 (build test)",
            to: sink
        )
        for batch in batches {
            try writer.append(batch)
            try writer.endRowGroup()
        }
        try writer.finish()
        return sink.bytes
    }
}

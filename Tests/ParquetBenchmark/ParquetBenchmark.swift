import Columnar
import Parquet

/// One measurement of the Parquet module, printed as one line of JSON; started by `scripts/bench parquet`.
///
///     ParquetBenchmark write SOURCE TARGET CODEC LEVEL ROW-GROUP-ROWS
///     ParquetBenchmark read FILE
///
/// A process measures once, so that its peak of memory is that of one thing alone.
@main
enum ParquetBenchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("write", 6):
            guard let codec = CompressionCodec(rawValue: arguments[3]), let level = Int(arguments[4]),
                let rowCount = Int(arguments[5])
            else { throw UsageError() }
            var options = WriterOptions(codec: codec, compressionLevel: level)
            options.rowGroupRowCount = rowCount
            // Rows alone end a row group, as they do in pyarrow.
            options.rowGroupByteCount = Int.max
            try write(arguments[1], to: arguments[2], options)
        case ("read", 2): try read(arguments[1])
        default: throw UsageError()
        }
    }

    private struct UsageError: Error {}

    private static func write(_ source: String, to target: String, _ options: WriterOptions) throws {
        let (schema, batches) = try rows(of: source)
        let measurement = try Measurement {
            let writer = try ParquetFileWriter(schema: schema, options: options, to: FileByteSink(path: target))
            for batch in batches { try writer.append(batch) }
            try writer.finish()
        }
        print("{\(measurement.json)}")
    }

    private static func read(_ path: String) throws {
        var table: (schema: TableSchema, batches: [RowBatch]) = (TableSchema(fields: []), [])
        let measurement = try Measurement { table = try rows(of: path) }
        let checksums = table.schema.fields.indices.map { field in
            var checksum = ColumnChecksum(type: table.schema.fields[field].type)
            for batch in table.batches { checksum.append(batch.columns[field]) }
            return "\"\(table.schema.fields[field].name)\": \"\(checksum.text)\""
        }
        print("{\(measurement.json), \"checksums\": {\(checksums.joined(separator: ", "))}}")
    }

    private static func rows(of path: String) throws -> (TableSchema, [RowBatch]) {
        let reader = try ParquetFileReader(FileByteSource(path: path))
        let batches = try (0..<reader.rowGroupCount).map { try reader.readRowGroup($0) }
        return (reader.schema, batches)
    }
}

import Columnar
import Foundation
import Parquet
import TestSupport
import Testing

/// A Python with pyspark and pyarrow, and a Java: `scripts/test --spark` has them.
private let sparkPython = ProcessInfo.processInfo.environment["SLUICE_TEST_SPARK"]

@Suite("Files as Spark reads them", .enabled(if: sparkPython != nil, "scripts/test --spark runs these"))
struct SparkTests {
    private typealias Table = (name: String, schema: TableSchema, columns: [Column])

    @Test
    func `Spark finds what it finds in pyarrow's copy, whatever the codec, page version and encoding`() async throws {
        let folder = try TemporaryFolder()
        let sample = SampleTable(shape: .mixed, rowCount: 3_000)
        let nested = NestedTable(rowCount: 500, seed: 3)
        let tables: [Table] = [
            ("sample", sample.schema, sample.columns()), ("nested", nested.schema, nested.batch.columns),
        ]
        var paths: [String] = []
        for table in tables.map(Self.known) {
            for (name, options) in Self.layouts(of: table) {
                let sink = MemoryByteSink()
                let writer = try ParquetFileWriter(schema: table.schema, options: options, to: sink)
                try writer.append(RowBatch(columns: table.columns))
                try writer.finish()
                paths.append(try folder.write("\(table.name)-\(name).parquet", sink.bytes))
            }
        }
        #expect(try await Judge.runs("spark.py", paths, python: sparkPython))
    }

    /// The columns whose types Spark has.
    private static func known(_ table: Table) -> Table {
        let indexes = table.schema.fields.indices.filter { isKnown(table.schema.fields[$0].type) }
        return (
            table.name, TableSchema(fields: indexes.map { table.schema.fields[$0] }), indexes.map { table.columns[$0] }
        )
    }

    private static func isKnown(_ type: ColumnType) -> Bool {
        switch type {
        case .leaf(_, let logical?):
            switch logical {
            case .uuid, .time, .interval, .float16, .null, .int96Timestamp, .bson: false
            case .timestamp(.nanoseconds, _): false
            default: true
            }
        case .leaf(_, nil): true
        case .list(let element): isKnown(element)
        case .map(let key, let value): isKnown(key) && isKnown(value)
        case .structure(let fields): fields.allSatisfy { isKnown($0.type) }
        }
    }

    private static func layouts(of table: Table) -> [(name: String, options: WriterOptions)] {
        var layouts: [(String, WriterOptions)] = []
        for version in DataPageVersion.allCases {
            for codec in CompressionCodec.allCases {
                var options = WriterOptions(codec: codec)
                options.dataPageVersion = version
                options.pageRowCount = 200
                layouts.append(("\(codec)-\(version)", options))
            }
            // Spark has BYTE_STREAM_SPLIT in none of its vectorized readers.
            for encoding in PageEncoding.allCases where encoding != .byteStreamSplit {
                var options = WriterOptions()
                options.dataPageVersion = version
                options.pageRowCount = 200
                for field in table.schema.fields {
                    var column = ColumnOptions(encoding: encoding)
                    if field.type != .leaf(.boolean, nil) { column.bloomFilter = BloomFilterOptions() }
                    var wanted = WriterOptions()
                    wanted.columns[[field.name]] = column
                    let schema = TableSchema(fields: [field])
                    guard (try? RowGroupWriter(schema: schema, options: wanted)) != nil else { continue }
                    options.columns[[field.name]] = column
                }
                if !options.columns.isEmpty { layouts.append(("\(encoding)-\(version)", options)) }
            }
        }
        return layouts
    }
}

import Columnar
import Parquet
import Testing

@testable import Replication

@Suite
struct WriterOptionsTests {
    private let schema = TableSchema(fields: [
        Field(name: "id", type: .leaf(.int64, nil)), Field(name: "isOpen", type: .leaf(.boolean, nil)),
        Field(name: "tags", type: .list(.leaf(.byteArray, .string))),
        Field(name: "note", type: .leaf(.byteArray, .string)),
    ])

    @Test
    func `columns of a key get a bloom filter where Parquet has one`() throws {
        let options = WriterOptions(ParquetOptions(), key: ["isOpen", "id", "tags", "gone"], of: schema)
        #expect(options.columns.keys.map(\.self) == [["id"]])
        #expect(options.columns[["id"]]?.bloomFilter == BloomFilterOptions(isLeftOutWhereSorted: true))
        // What the writer takes.
        _ = try RowGroupWriter(schema: schema, options: options)
    }

    @Test
    func `without a key there are none`() {
        #expect(WriterOptions(ParquetOptions(compression: .zstd(level: 5)), key: [], of: schema).columns.isEmpty)
    }

    @Test
    func `the settings hold for both`() {
        let settings = ParquetOptions(compression: .zstd(level: 5), rowGroupSize: 1 << 20)
        for options in [WriterOptions(settings), WriterOptions(settings, key: ["id"], of: schema)] {
            #expect(options.codec == .zstd && options.compressionLevel == 5)
            #expect(options.rowGroupByteCount == 1 << 20)
        }
    }
}

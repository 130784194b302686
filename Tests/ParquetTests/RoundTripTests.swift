import Columnar
import Parquet
import TestSupport
import Testing

@Suite
struct RoundTripTests {
    @Test(arguments: SampleTable.Shape.allCases, CompressionCodec.allCases)
    func `flat columns, lists and maps come back as they were written`(
        shape: SampleTable.Shape,
        codec: CompressionCodec
    ) throws {
        let table = SampleTable(shape: shape, rowCount: 3_700)
        for hasDictionary in [true, false] {
            let file = try table.encode(codec: codec, hasDictionary: hasDictionary)
            let reader = try ParquetFileReader(MemoryByteSource(file))
            #expect(reader.schema == table.schema && reader.rowGroupCount == 2 && reader.rowCount == 3_700)
            try expect(reader, equals: table.columns())
        }
    }

    @Test(arguments: 1...8)
    func `structures come back as they were written, within whatever they lie`(seed: UInt64) throws {
        let table = NestedTable(rowCount: seed == 1 ? 0 : Int(seed) * 60, seed: seed)
        var options = WriterOptions(codec: .zstd)
        options.pageRowCount = 37
        let reader = try ParquetFileReader(MemoryByteSource(table.encode(options)))
        #expect(reader.schema == table.schema && reader.createdBy == "sluice version 0.0.0 (build test)")
        #expect(reader.keyValueMetadata.map { "\($0.key)=\($0.value ?? "")" } == ["key=value"])
        try expect(reader, equals: table.batch.columns)
    }

    @Test(.enabled(if: Judge.isWanted, "set SLUICE_TEST_PYTHON to a Python with pyarrow to run this"))
    func `pyarrow reads the structures that were written`() async throws {
        let folder = try TemporaryFolder()
        var pairs: [String] = []
        for seed in 1...4 as ClosedRange<UInt64> {
            let table = NestedTable(rowCount: 200, seed: seed)
            let dump = zip(table.schema.fields, table.batch.columns).map { field, column in
                "[\(String(reflecting: field.name)),[\(ColumnDump.values(column).joined(separator: ","))]]"
            }
            pairs.append(try folder.write("\(seed).parquet", table.encode(WriterOptions())))
            pairs.append(try folder.write("\(seed).json", "[\(dump.joined(separator: ","))]"))
        }
        #expect(try await Judge.runs("dump.py", pairs))
    }

    @Test
    func `only the columns that are asked for are read, in that order`() throws {
        let table = NestedTable(rowCount: 50, seed: 5)
        let reader = try ParquetFileReader(MemoryByteSource(table.encode(WriterOptions())))
        let batch = try reader.readRowGroup(0, columns: ["half", "pair"])
        #expect(batch.columns.map(\.type) == [.leaf(.fixedLengthByteArray(2), .float16), table.schema.fields[0].type])
        #expect(ColumnDump.values(batch.columns[1]) == ColumnDump.values(table.batch.columns[0]))
        #expect(throws: ParquetReadError.self) { try reader.readRowGroup(0, columns: ["none"]) }
        #expect(throws: ParquetReadError.self) { try reader.readRowGroup(1) }
    }

    @Test
    func `a file is read through the file system`() throws {
        let table = NestedTable(rowCount: 20, seed: 6)
        let folder = try TemporaryFolder()
        let path = try folder.write("nested.parquet", table.encode(WriterOptions()))
        try expect(ParquetFileReader(FileByteSource(path: path)), equals: table.batch.columns)
        let error = #expect(throws: ParquetReadError.self) { try FileByteSource(path: path + ".none") }
        #expect(error?.code == .io)
    }

    private func expect(_ reader: ParquetFileReader, equals columns: [Column]) throws {
        let groups = try (0..<reader.rowGroupCount).map { try reader.readRowGroup($0) }
        for (index, column) in columns.enumerated() {
            let read = groups.flatMap { ColumnDump.values($0.columns[index]) }
            #expect(read == ColumnDump.values(column), "\(reader.schema.fields[index].name)")
        }
    }
}

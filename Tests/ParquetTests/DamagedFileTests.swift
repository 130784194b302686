import Columnar
import Parquet
import Testing

/// Whatever the bytes are, the reader ends with a value or an error.
@Suite
struct DamagedFileTests {
    /// Less than the defaults, so that a claim that is believed shows in time and memory.
    private static var options: ReaderOptions {
        var options = ReaderOptions()
        options.maximumColumnByteCount = 16 << 20
        return options
    }

    private static func small(_ codec: CompressionCodec) throws -> [UInt8] {
        try NestedTable(rowCount: 6, seed: 3).encode(WriterOptions(codec: codec))
    }

    @Test
    func `a file that ends too early is an error, wherever it ends`() throws {
        let file = try Self.small(.none)
        for length in 0..<file.count {
            #expect(throws: ParquetReadError.self) { try Self.read(Array(file[..<length])) }
        }
    }

    @Test
    func `bytes that lie before a footer, cut out anywhere, are an error or a value`() throws {
        let file = try Self.small(.none)
        for position in stride(from: 4, to: file.count - 8, by: 3) {
            attempt(Array(file[..<position] + file[(position + 1)...]))
        }
    }

    @Test(arguments: [CompressionCodec.none, .snappy, .zstd])
    func `flipped bytes are an error or a value`(codec: CompressionCodec) throws {
        let file = try Self.small(codec)
        var random = SeededRandom(state: 42)
        for round in 0..<3_000 {
            var damaged = file
            for _ in 0...(round % 3) {
                damaged[random.next(below: file.count)] ^= UInt8(truncatingIfNeeded: 1 + random.next(below: 255))
            }
            // Otherwise the checksums find nearly everything in pages.
            attempt(damaged, verifiesChecksums: round % 2 == 0)
        }
    }

    @Test
    func `a file that is none says so`() {
        let magic = Array("PAR1".utf8)
        #expect(code(of: []) == .truncated)
        #expect(code(of: Array(repeating: 0, count: 100)) == .malformed)
        #expect(code(of: magic + [255, 255, 255, 127] + magic) == .truncated)
        #expect(code(of: magic + [0, 0, 0, 0] + Array("PARE".utf8)) == .unsupported)
        #expect(code(of: magic + [0, 0, 0, 0] + magic) == .truncated)
        // A structure in a structure in a structure.
        let deep = [UInt8](repeating: 0x1c, count: 200)
        #expect(code(of: magic + deep + [200, 0, 0, 0] + magic) == .malformed)
    }

    private func code(of file: [UInt8]) -> ParquetReadError.Code? {
        do {
            _ = try ParquetFileReader(MemoryByteSource(file))
            return nil
        } catch {
            return error.code
        }
    }

    private func attempt(_ file: [UInt8], verifiesChecksums: Bool = false) {
        var options = Self.options
        options.verifiesChecksums = verifiesChecksums
        do { try Self.read(file, options) } catch { #expect(error is ParquetReadError) }
        // Nothing more is found in parts of pages that have their checksum.
        guard !verifiesChecksums else { return }
        do { try Self.readPartly(file, options) } catch { #expect(error is ParquetReadError) }
    }

    private static func read(_ file: [UInt8], _ options: ReaderOptions = options) throws {
        let reader = try ParquetFileReader(MemoryByteSource(file), options: options)
        for index in 0..<reader.rowGroupCount {
            let batch = try reader.readRowGroup(index)
            for column in batch.columns { _ = ColumnDump.values(column) }
        }
    }

    /// Some rows, batches of all rows, and those that may match a filter.
    private static func readPartly(_ file: [UInt8], _ options: ReaderOptions) throws {
        let reader = try ParquetFileReader(MemoryByteSource(file), options: options)
        let filter = RowFilter.less("unsigned", 100) || .isNull("pair.text")
        for index in try reader.rowGroups(matching: filter) {
            let rows = try reader.rowRanges(ofRowGroup: index, matching: filter)
            for column in try reader.readRowGroup(index, rows: rows).columns { _ = ColumnDump.values(column) }
            _ = try reader.readRowGroup(index, columns: ["pair.text", "half"], rows: [1..<2, 3..<5])
            let batches = try reader.batches(ofRowGroup: index, maximumRowCount: 2)
            while let batch = try batches.next() { for column in batch.columns { _ = ColumnDump.values(column) } }
        }
    }
}

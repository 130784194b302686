import Columnar
import Parquet
import Testing

@testable import FuzzTargets

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

    @Test
    func `a footer that asks for much more memory than it has bytes is refused`() {
        // A chain of 90 groups, and below it 20,000 leaves, each with the names of all groups in its path.
        let leafCount = 20_000
        let group: [UInt8] = [0x35, 0, 0x18, 1, 0x61, 0x15]
        var deep: [UInt8] = [0x15, 2, 0x19, 0xfc] + varint(leafCount + 91) + [0x48, 0, 0x15, 2, 0]
        for depth in 0..<90 { deep += group + varint(depth == 89 ? leafCount * 2 : 2) + [0] }
        for _ in 0..<leafCount { deep += [0x15, 2, 0x25, 0, 0x18, 1, 0x61, 0] }
        #expect(code(of: Self.file(deep + [0x16, 0, 0x19, 0x0c, 0])) == .tooLarge)
        // Chunks of three bytes each, which take hundreds in memory.
        var chunks: [UInt8] = [0x15, 2, 0x19, 0x1c, 0x48, 0, 0x15, 0, 0, 0x16, 0, 0x19, 0x1c, 0x19, 0xfc]
        chunks += varint(20_000)
        for _ in 0..<20_000 { chunks += [0x8c, 0, 0] }
        #expect(code(of: Self.file(chunks + [0x16, 0, 0x16, 0, 0, 0])) == .truncated)
    }

    @Test(
        arguments: [
            ([3, 4], 7, nil), ([3, 4], 0, nil), ([1 << 39, 1 << 39], 1 << 40, nil),
            ([1 << 39, 1 << 39, 1], 0, .tooLarge), ([1 << 61], 0, .tooLarge),
            ([-1], 0, .malformed), ([], -1, .malformed), ([], 1 << 61, .malformed),
        ] as [([Int], Int, ParquetReadError.Code?)]
    )
    func `a footer with more rows than any file has is refused`(
        groups: [Int],
        rowCount: Int,
        expected: ParquetReadError.Code?
    ) {
        // A schema without columns, so that there are no chunks to contradict them.
        var footer: [UInt8] = [0x15, 2, 0x19, 0x1c, 0x48, 0, 0x15, 0, 0, 0x16] + zigzag(rowCount)
        footer += [0x19, UInt8(groups.count << 4) | 0x0c]
        for count in groups { footer += [0x19, 0x0c, 0x16, 0, 0x16] + zigzag(count) + [0] }
        footer.append(0)
        #expect(code(of: Self.file(footer)) == expected)
    }

    @Test
    func `a page header as long as its chunk is read once, not again and again`() {
        // A field that nobody knows, of 4 MiB, in a file that hands out a little at a time.
        let blob = [UInt8](repeating: 7, count: 4 << 20)
        let header: [UInt8] = [0x15, 0, 0x15, 0, 0x15, 0, 0x98] + varint(blob.count) + blob + [0]
        let column = ClaimedColumn(type: 1, nesting: 0xfc, codec: 0, entryCount: 3, rowCount: 3)
        let file = ParquetFileFuzz.file(pages: header, footer: column.footer(pageByteCount: header.count))
        let source = CountingByteSource(file, preferredReadByteCount: 1_024)
        let reader = try? ParquetFileReader(source)
        #expect(throws: ParquetReadError.self) { try reader?.readRowGroup(0) }
        #expect(source.takeReads().reduce(0) { $0 + $1.count } < 20 << 20)
    }

    private static func file(_ footer: [UInt8]) -> [UInt8] {
        let magic = Array("PAR1".utf8)
        return magic + footer + (0..<4).map { UInt8(truncatingIfNeeded: footer.count >> ($0 * 8)) } + magic
    }

    private func zigzag(_ value: Int) -> [UInt8] { varint(value << 1 ^ value >> 63) }

    private func varint(_ value: Int) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
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

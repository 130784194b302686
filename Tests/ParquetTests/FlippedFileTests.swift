import Columnar
import Foundation
import Parquet
import Testing

@testable import FuzzTargets

/// Files of which one byte is another: the reader ends with an error or with whole columns.
///
/// `SLUICE_TEST_FLIPS=all`, which `scripts/test --flips` sets, tries every byte of every file with several masks instead
/// of a sample.
@Suite("Files with a flipped byte")
struct FlippedFileTests {
    private static let isExhaustive = ProcessInfo.processInfo.environment["SLUICE_TEST_FLIPS"] == "all"
    private static let sampleCount = 40
    private static let masks: [UInt8] = [0x01, 0x80, 0xff]

    /// Every encoding with the types that it is for.
    private static let columns: [(ColumnType, PageEncoding?)] = [
        (.leaf(.boolean, nil), .plain), (.leaf(.boolean, nil), .rle), (.leaf(.int32, nil), .plain),
        (.leaf(.int32, nil), .deltaBinaryPacked), (.leaf(.int64, nil), .deltaBinaryPacked),
        (.leaf(.int32, nil), .byteStreamSplit), (.leaf(.double, nil), .byteStreamSplit),
        (.leaf(.fixedLengthByteArray(5), nil), .byteStreamSplit),
        (.leaf(.fixedLengthByteArray(5), nil), .deltaByteArray),
        (.leaf(.byteArray, .string), .plain), (.leaf(.byteArray, .string), .deltaLengthByteArray),
        (.leaf(.byteArray, .string), .deltaByteArray), (.leaf(.byteArray, .string), .rleDictionary),
        (.leaf(.int64, nil), .rleDictionary), (.list(.leaf(.int32, nil)), nil),
        (.map(key: .leaf(.int32, nil), value: .structure([Field(name: "f", type: .list(.leaf(.boolean, nil)))])), nil),
    ]

    @Test(arguments: CompressionCodec.allCases, DataPageVersion.allCases)
    func `every encoding, codec and page version survives`(codec: CompressionCodec, version: DataPageVersion) throws {
        let schema = TableSchema(fields: Self.columns.enumerated().map { Field(name: "c\($0)", type: $1.0) })
        var options = WriterOptions(codec: codec)
        options.dataPageVersion = version
        options.pageRowCount = 10
        let batch = RowBatch(schema: schema)
        var choices = Choices(seed: 11)
        for (index, (type, encoding)) in Self.columns.enumerated() {
            if let encoding { options.columns[["c\(index)"]] = ColumnOptions(encoding: encoding) }
            var values = RandomColumn(type, isNullable: true, &choices)
            for _ in 0..<25 { values.append(to: batch.columns[index], &choices) }
        }
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
        try writer.append(batch)
        try writer.finish()
        Self.flip(sink.bytes)
    }

    /// That the process goes on is what is tested, and that columns are whole.
    static func flip(_ file: [UInt8]) {
        if isExhaustive {
            for position in file.indices { for mask in masks { flip(file, position, mask) } }
        } else {
            var random = SeededRandom(state: 7)
            for _ in 0..<sampleCount {
                flip(file, random.next(below: file.count), UInt8(truncatingIfNeeded: 1 + random.next(below: 255)))
            }
        }
    }

    private static func flip(_ file: [UInt8], _ position: Int, _ mask: UInt8) {
        var damaged = file
        damaged[position] ^= mask
        WholeFile.read(damaged)
    }
}

extension PublicFilesTests {
    private static let maximumByteCount = 64 << 10

    @Test
    func `flipped bytes of every small file are an error or whole columns`() throws {
        let folder = try #require(PublicFiles.folder)
        for name in try PublicFiles.names() {
            let file = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/data/\(name)")))
            if file.count < Self.maximumByteCount { FlippedFileTests.flip(file) }
        }
    }
}

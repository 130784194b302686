import Bytes
import Columnar
import Testing

@testable import Parquet

@Suite("Metadata of row groups, kept until the footer is written")
struct RowGroupMetadataTests {
    private func metadata() throws -> RowGroupMetadata {
        let schema = TableSchema(fields: [
            Field(name: "id", type: .leaf(.int64, nil)), Field(name: "text", type: .leaf(.byteArray, .string)),
            Field(name: "nothing", type: .leaf(.double, nil)),
        ])
        var options = WriterOptions(codec: .zstd)
        options.pageRowCount = 10
        let scratch = PageScratch()
        let writer = try RowGroupWriter(schema: schema, options: options)
        let batch = RowBatch(schema: schema)
        for row in 0..<35 {
            batch.columns[0].values.appendLittleEndian(Int64(row))
            batch.columns[0].validity.appendValues(1)
            batch.columns[1].appendNulls(row % 2)
            if row % 2 == 0 {
                Array(repeating: UInt8(ascii: "x"), count: row * 3).withUnsafeBytes {
                    batch.columns[1].append(bytes: $0)
                }
            }
            batch.columns[2].appendNulls(1)
        }
        try writer.append(batch, scratch: scratch)
        return try writer.finish(scratch: scratch) { _ in }
    }

    @Test("come back as they were")
    func roundTrip() throws {
        let encoded = try metadata().encoded()
        let decoded = try #require(RowGroupMetadata(encoded: encoded[...]))
        #expect(decoded.encoded() == encoded)
        #expect(decoded.offsetIndexes.map { $0?.pages.count } == [4, 4, 4])
        #expect(decoded.columnIndexes.map { $0?.isNullPage.count } == [4, 4, 4])
        #expect(decoded.group.columns[1].statistics?.max?.count == BoundTruncation.byteCount)
        let nothing = decoded.group.columns[2].statistics
        #expect(nothing?.min == nil && nothing?.nullCount == 35 && decoded.byteCount > 0)
    }

    @Test("are refused when cut at any byte, or longer")
    func damaged() throws {
        let encoded = try metadata().encoded()
        for length in 0..<encoded.count { #expect(RowGroupMetadata(encoded: encoded[..<length]) == nil) }
        #expect(RowGroupMetadata(encoded: (encoded + [0])[...]) == nil)
    }
}

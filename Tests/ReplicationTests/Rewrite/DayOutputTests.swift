import Columnar
import ObjectStorage
import Parquet
import TestSupport
import Testing

@testable import Replication

@Suite
struct DayOutputTests {
    private static let schema = TableSchema(fields: [Field(name: "id", type: .leaf(.int64, nil))])
    private static let key = "t/t.parquet"

    private static func file(rowCount: Int) throws -> [UInt8] {
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, to: sink)
        let batch = RowBatch(schema: schema)
        // Steps that no encoding makes short.
        var value: UInt64 = 1
        for _ in 0..<rowCount {
            value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            batch.columns[0].append(Int64(bitPattern: value))
        }
        try writer.append(batch)
        try writer.finish()
        return sink.bytes
    }

    /// Replaces a file by its own row group, as rewriting does with one that it does not touch.
    private static func copied(_ bytes: [UInt8]) async throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let store = try LocalFolderStore(path: folder.path)
        try await store.put(key, .bytes(bytes))
        let object = try #require(try await store.head(key))
        return try await onOwnThread("test") {
            let reader = try DayReaders(store: store).open(object)
            let output = try DayOutput(path: folder.path + "/.new", schema: schema, options: WriterOptions())
            defer { output.discard() }
            for copy in try output.copies(of: [0], from: reader, without: []) {
                try output.append(copy, of: reader, replacing: [:])
            }
            _ = try output.publish(key, replacing: object.version, metadata: [], to: store) { .now }
            return try waitForResult { try await store.get(key) }
        }
    }

    private static func damaged(_ bytes: [UInt8]) -> [UInt8] { Array("XXXX".utf8) + bytes[4...] }

    @Test
    func `a file with damaged first bytes is whole again once it was rewritten`() async throws {
        let bytes = try Self.file(rowCount: 100)
        let copied = try await Self.copied(Self.damaged(bytes))
        #expect(copied.prefix(4).elementsEqual("PAR1".utf8))
        #expect(try await Self.copied(bytes) == copied)
    }

    @Test
    func `damaged first bytes that a store would copy itself are found before`() async throws {
        let bytes = try Self.file(rowCount: 800_000)
        #expect(bytes.count > 5 << 20)
        let copied = try await Self.copied(bytes)
        #expect(copied.prefix(4).elementsEqual("PAR1".utf8))
        await #expect(throws: ParquetReadError.self) { try await Self.copied(Self.damaged(bytes)) }
    }
}

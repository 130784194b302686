import Bytes
import TestSupport
import Testing

@testable import Parquet

@Suite
struct PageDecompressorTests {
    private static let codecs: [(CompressionCodec, PageCodec)] = [
        (.none, .none), (.snappy, .snappy), (.gzip, .gzip), (.zstd, .zstd), (.lz4, .lz4Raw), (.lz4, .lz4Hadoop),
    ]
    private static let contents: [[UInt8]] = {
        var generator = SeededGenerator(seed: 5)
        return [
            [], [7], Array("a page of some words, a page of some words".utf8), Array(repeating: 0, count: 100_000),
            (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &generator) },
            (0..<5_000).map { _ in UInt8.random(in: 0...3, using: &generator) },
        ]
    }()

    @Test(arguments: codecs)
    func `what is compressed reads back`(codec: (CompressionCodec, PageCodec)) throws {
        let decompressor = PageDecompressor()
        // Twice, because contexts are kept.
        for content in Self.contents + Self.contents {
            let bytes = try compress(content, codec.0)
            #expect(try decompress(bytes, codec.1, content.count, decompressor) == content)
        }
    }

    @Test(arguments: codecs)
    func `another size than announced is refused`(codec: (CompressionCodec, PageCodec)) throws {
        let content = Self.contents[2]
        let bytes = try compress(content, codec.0)
        let wrong = [-1, 0, 1, content.count - 1, content.count + 1, 1_000, 1 << 30, 1 << 31, .max, .min]
        for byteCount in wrong {
            #expect(throws: ParquetReadError.self, "\(byteCount)") { try decompress(bytes, codec.1, byteCount) }
        }
        #expect(throws: ParquetReadError.self) { try decompress([], codec.1, 1) }
        #expect(try decompress([], codec.1, 0) == [])
    }

    @Test(arguments: codecs)
    func `a page cut at any byte or with flipped bits gives bytes or an error`(
        codec: (CompressionCodec, PageCodec)
    ) throws {
        var generator = SeededGenerator(seed: 9)
        let decompressor = PageDecompressor()
        for content in [Self.contents[2], Array(Self.contents[5].prefix(400))] {
            let bytes = try compress(content, codec.0)
            for length in bytes.indices {
                let cut = try? decompress(Array(bytes.prefix(length)), codec.1, content.count, decompressor)
                #expect(cut == nil || cut == content)
            }
            for _ in 0..<2_000 {
                var flipped = bytes
                for _ in 0...Int.random(in: 0...2, using: &generator) {
                    flipped[.random(in: bytes.indices, using: &generator)] ^= .random(in: 1...255, using: &generator)
                }
                let decompressed = try? decompress(flipped, codec.1, content.count, decompressor)
                #expect(decompressed == nil || decompressed?.count == content.count)
            }
            // What failed leaves nothing behind in the contexts.
            #expect(try decompress(bytes, codec.1, content.count, decompressor) == content)
        }
    }

    @Test(arguments: [(CompressionCodec.gzip, PageCodec.gzip), (.zstd, .zstd)])
    func `several members or frames are one page`(codec: CompressionCodec, page: PageCodec) throws {
        let parts = [Self.contents[2], Self.contents[5], Self.contents[1]]
        let bytes = try parts.flatMap { try compress($0, codec) }
        let content = parts.flatMap(\.self)
        #expect(try decompress(bytes, page, content.count) == content)
        #expect(throws: ParquetReadError.self) { try decompress(bytes, page, parts[0].count) }
        #expect(throws: ParquetReadError.self) { try decompress(bytes + [1, 2, 3], page, content.count) }
    }

    @Test
    func `a frame of nothing is a page of nothing`() throws {
        // An empty block in Zstandard's frame, with its size and without checksum; an empty member of gzip.
        #expect(try decompress([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0], .zstd, 0) == [])
        let gzip: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(try decompress(gzip, .gzip, 0) == [])
        #expect(try decompress([0], .snappy, 0) == [])
        #expect(try decompress([0], .lz4Raw, 0) == [])
    }

    @Test
    func `Hadoop frames LZ4 in blocks and chunks`() throws {
        let parts = [Self.contents[2], Array(Self.contents[5].prefix(300)), Self.contents[1]]
        let chunks = try parts.map { try compress($0, .lz4) }.map { bigEndian($0.count) + $0 }
        let content = parts.flatMap(\.self)
        // Each chunk a frame; all chunks in one frame; with an empty frame at the end.
        let frames = zip(parts, chunks).flatMap { bigEndian($0.count) + $1 }
        #expect(try decompress(frames, .lz4Hadoop, content.count) == content)
        #expect(try decompress(bigEndian(content.count) + chunks.flatMap(\.self), .lz4Hadoop, content.count) == content)
        #expect(try decompress(frames + bigEndian(0), .lz4Hadoop, content.count) == content)
        for length in frames.indices {
            let cut = try? decompress(Array(frames.prefix(length)), .lz4Hadoop, content.count)
            #expect(cut == nil)
        }
        for place in frames.indices {
            var flipped = frames
            flipped[place] ^= 0xff
            let decompressed = try? decompress(flipped, .lz4Hadoop, content.count)
            #expect(decompressed == nil || decompressed?.count == content.count)
        }
    }

    @Test(arguments: [(PageCodec.brotli, "brotli"), (.lzo, "lzo")])
    func `codecs that are not supported are named`(codec: PageCodec, name: String) {
        let error = #expect(throws: ParquetReadError.self) { try decompress([1, 2, 3], codec, 3) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains(name) == true)
    }

    @Test
    func `a small page cannot ask for much memory`() {
        for codec in [PageCodec.snappy, .gzip, .lz4Raw, .lz4Hadoop, .zstd] {
            let out = ByteBuffer()
            #expect(throws: ParquetReadError.self) {
                try [UInt8](repeating: 0, count: 10).withUnsafeBytes {
                    try PageDecompressor().decompress($0, codec: codec, uncompressedByteCount: 1 << 30, into: out)
                }
            }
            #expect(out.capacity == 0)
        }
    }

    private func compress(_ content: [UInt8], _ codec: CompressionCodec) throws -> [UInt8] {
        let out = ByteBuffer()
        let compressor = PageCompressor()
        try content.withUnsafeBytes { try compressor.compress($0, codec: codec, level: nil, into: out) }
        return out.copyBytes()
    }

    private func decompress(
        _ bytes: [UInt8],
        _ codec: PageCodec,
        _ byteCount: Int,
        _ decompressor: PageDecompressor = PageDecompressor()
    ) throws -> [UInt8] {
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { source.deallocate() }
        source.copyBytes(from: bytes)
        let out = ByteBuffer()
        // What it holds is replaced.
        out.append(0xee)
        try decompressor.decompress(
            UnsafeRawBufferPointer(source),
            codec: codec,
            uncompressedByteCount: byteCount,
            into: out
        )
        return out.copyBytes()
    }

    private func bigEndian(_ count: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    }
}

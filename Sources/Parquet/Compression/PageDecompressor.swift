package import Bytes
import CLZ4
import CSnappy
import CZlib
import CZstd

/// How a page of a file is compressed (parquet.thrift, `CompressionCodec`).
package enum PageCodec: Int32, Sendable, CaseIterable {
    case none = 0
    case snappy = 1
    case gzip = 2
    case lzo = 3
    case brotli = 4
    /// Deprecated: LZ4 blocks in the frames of Hadoop, or without by some writers.
    case lz4Hadoop = 5
    case zstd = 6
    case lz4Raw = 7
}

/// Decompresses page bodies, keeping its contexts between them.
///
/// ```
/// SNAPPY   one raw block: varint(uncompressed length), elements
/// GZIP     one member or several (RFC 1952)
/// ZSTD     one frame or several (RFC 8878)
/// LZ4_RAW  one block, without a length
/// LZ4      ``HadoopLZ4``
/// ```
/// Used by one thread at a time.
@safe
package final class PageDecompressor {
    private var zstd: OpaquePointer?
    private var inflater: UnsafeMutablePointer<z_stream>?

    package init() {}

    deinit {
        unsafe ZSTD_freeDCtx(zstd)
        if let inflater = unsafe inflater {
            unsafe inflateEnd(inflater)
            unsafe inflater.deallocate()
        }
    }

    /// Replaces what `out` holds by the decompressed source.
    ///
    /// - Throws: ``ParquetReadError`` if that is not exactly `uncompressedByteCount` bytes, or too many; `out` is then
    ///   empty.
    package func decompress(
        _ source: UnsafeRawBufferPointer,
        codec: PageCodec,
        uncompressedByteCount: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) {
        out.removeAll()
        try check(codec, source.count, uncompressedByteCount)
        // Writers store nothing for nothing, which some of the formats cannot say.
        guard let start = source.baseAddress, source.count > 0 else { return }
        let target = unsafe out.reserve(uncompressedByteCount)
        let length: Int
        switch codec {
        case .none:
            unsafe target.copyMemory(from: start, byteCount: source.count)
            length = source.count
        case .snappy: length = unsafe try snappy(source, target, uncompressedByteCount)
        case .gzip: length = unsafe try gzip(source, target, uncompressedByteCount)
        case .zstd: length = unsafe try zstandard(source, target, uncompressedByteCount)
        case .lz4Raw: length = unsafe try lz4(source, target, uncompressedByteCount)
        case .lz4Hadoop:
            if unsafe HadoopLZ4.decompress(source, to: target, byteCount: uncompressedByteCount) {
                length = uncompressedByteCount
            } else {
                length = unsafe try lz4(source, target, uncompressedByteCount)
            }
        case .brotli, .lzo: length = 0
        }
        guard length == uncompressedByteCount else {
            throw ParquetReadError(
                .malformed,
                "A page of \(codec) has \(length) bytes where its header says \(uncompressedByteCount)."
            )
        }
        out.advance(by: length)
    }

    /// Refuses sizes that cannot be true before memory is taken for them.
    private func check(_ codec: PageCodec, _ count: Int, _ uncompressedCount: Int) throws(ParquetReadError) {
        guard uncompressedCount >= 0 else {
            throw ParquetReadError(.malformed, "A page claims \(uncompressedCount) bytes.")
        }
        guard uncompressedCount <= PageLimit.byteCount, count <= Int(Int32.max) else {
            throw ParquetReadError(.tooLarge, "A page claims \(max(uncompressedCount, count)) bytes.")
        }
        // What one byte can become: by the shortest way of each format to say the most.
        let ratio: Int
        switch codec {
        case .none:
            guard count == uncompressedCount else {
                throw ParquetReadError(.malformed, "A page of \(count) bytes claims \(uncompressedCount).")
            }
            ratio = 1
        // A copy of 64 bytes takes three.
        case .snappy: ratio = 22
        // A match of 258 bytes takes two bits.
        case .gzip: ratio = 1_032
        // A block of 128 KiB takes three bytes and one of content.
        case .zstd: ratio = 1 << 15
        // A byte adds 255 to the length of a match.
        case .lz4Raw, .lz4Hadoop: ratio = 255
        case .brotli, .lzo:
            throw ParquetReadError(.unsupported, "Pages are compressed with \(codec), which is not supported.")
        }
        guard uncompressedCount <= count * ratio + (count > 0 ? 64 : 0) else {
            throw ParquetReadError(
                .malformed,
                "A page of \(codec) of \(count) bytes cannot become \(uncompressedCount) bytes."
            )
        }
    }

    private func snappy(
        _ source: UnsafeRawBufferPointer,
        _ target: UnsafeMutableRawPointer,
        _ capacity: Int
    ) throws(ParquetReadError) -> Int {
        let start = unsafe source.baseAddress?.assumingMemoryBound(to: CChar.self)
        var length = 0
        guard unsafe snappy_uncompressed_length(start, source.count, &length) == SNAPPY_OK else {
            throw failure(.snappy, "no length")
        }
        guard length == capacity else { return length }
        let status = unsafe snappy_uncompress(
            start,
            source.count,
            target.assumingMemoryBound(to: CChar.self),
            &length
        )
        guard status == SNAPPY_OK else { throw failure(.snappy, "status \(status.rawValue)") }
        return length
    }

    private func zstandard(
        _ source: UnsafeRawBufferPointer,
        _ target: UnsafeMutableRawPointer,
        _ capacity: Int
    ) throws(ParquetReadError) -> Int {
        if unsafe zstd == nil { unsafe zstd = unsafe ZSTD_createDCtx() }
        guard unsafe zstd != nil else { throw failure(.zstd, "out of memory") }
        let length = unsafe ZSTD_decompressDCtx(zstd, target, capacity, source.baseAddress, source.count)
        guard ZSTD_isError(length) == 0 else {
            throw unsafe failure(.zstd, String(cString: ZSTD_getErrorName(length)))
        }
        return length
    }

    private func gzip(
        _ source: UnsafeRawBufferPointer,
        _ target: UnsafeMutableRawPointer,
        _ capacity: Int
    ) throws(ParquetReadError) -> Int {
        let stream = unsafe try openInflater()
        let start = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(mutating: start)
        unsafe stream.pointee.avail_in = UInt32(source.count)
        unsafe stream.pointee.next_out = unsafe target.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(capacity)
        // Ends because each turn finishes a member, which takes bytes.
        while true {
            let status = unsafe inflate(stream, Z_FINISH)
            guard status == Z_STREAM_END else { throw failure(.gzip, "status \(status)") }
            guard unsafe stream.pointee.avail_in > 0 else { break }
            guard unsafe inflateReset(stream) == Z_OK else { throw failure(.gzip, "inflateReset") }
        }
        return unsafe capacity - Int(stream.pointee.avail_out)
    }

    private func openInflater() throws(ParquetReadError) -> UnsafeMutablePointer<z_stream> {
        if let inflater = unsafe inflater {
            guard unsafe inflateReset(inflater) == Z_OK else { throw failure(.gzip, "inflateReset") }
            return unsafe inflater
        }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 window bits, and 32 more to accept the headers of gzip and of zlib.
        guard unsafe sluice_inflateInit2(stream, 15 + 32) == Z_OK else {
            unsafe stream.deallocate()
            throw failure(.gzip, "out of memory")
        }
        unsafe inflater = unsafe stream
        return unsafe stream
    }

    private func lz4(
        _ source: UnsafeRawBufferPointer,
        _ target: UnsafeMutableRawPointer,
        _ capacity: Int
    ) throws(ParquetReadError) -> Int {
        let length = unsafe LZ4_decompress_safe(
            source.baseAddress?.assumingMemoryBound(to: CChar.self),
            target.assumingMemoryBound(to: CChar.self),
            Int32(source.count),
            Int32(capacity)
        )
        guard length >= 0 else { throw failure(.lz4Raw, "status \(length)") }
        return Int(length)
    }

    private func failure(_ codec: PageCodec, _ reason: String) -> ParquetReadError {
        ParquetReadError(.malformed, "Failed to decompress a page of \(codec). Reason: \(reason)")
    }
}

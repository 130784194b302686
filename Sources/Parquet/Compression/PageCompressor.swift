import Bytes
import CLZ4
import CSnappy
import CZlib
import CZstd

/// Compresses page bodies, keeping its contexts between them.
///
/// Used by one thread at a time.
@safe
final class PageCompressor {
    private var zstd: OpaquePointer?

    init() {}

    deinit {
        unsafe ZSTD_freeCCtx(zstd)
    }

    /// Replaces what `target` holds by the compressed source; a level of `nil` is the codec's default.
    ///
    /// - Throws: ``ParquetError`` with code `compression` if the library refuses.
    func compress(
        _ source: UnsafeRawBufferPointer,
        codec: CompressionCodec,
        level: Int?,
        into target: ByteBuffer
    ) throws(ParquetError) {
        target.removeAll()
        guard let start = source.baseAddress else { return }
        switch codec {
        case .none: unsafe target.append(source)
        case .snappy: unsafe try snappy(start, source.count, into: target)
        case .zstd:
            unsafe try zstandard(start, source.count, level ?? WriterOptions.defaultZstdLevel, into: target)
        case .gzip: unsafe try gzip(start, source.count, level ?? WriterOptions.defaultGzipLevel, into: target)
        case .lz4: unsafe try lz4(start, source.count, into: target)
        }
    }

    private func snappy(_ source: UnsafeRawPointer, _ count: Int, into target: ByteBuffer) throws(ParquetError) {
        var length = snappy_max_compressed_length(count)
        let status = unsafe snappy_compress(
            source.assumingMemoryBound(to: CChar.self),
            count,
            target.reserve(length).assumingMemoryBound(to: CChar.self),
            &length
        )
        guard status == SNAPPY_OK else { throw failure("snappy_compress", "status \(status.rawValue)") }
        target.advance(by: length)
    }

    private func zstandard(
        _ source: UnsafeRawPointer,
        _ count: Int,
        _ level: Int,
        into target: ByteBuffer
    ) throws(ParquetError) {
        if unsafe zstd == nil { unsafe zstd = unsafe ZSTD_createCCtx() }
        guard unsafe zstd != nil else { throw failure("ZSTD_createCCtx", "out of memory") }
        let bound = ZSTD_compressBound(count)
        let length = unsafe ZSTD_compressCCtx(zstd, target.reserve(bound), bound, source, count, Int32(clamping: level))
        guard ZSTD_isError(length) == 0 else {
            throw unsafe failure("ZSTD_compressCCtx", String(cString: ZSTD_getErrorName(length)))
        }
        target.advance(by: length)
    }

    private func gzip(
        _ source: UnsafeRawPointer,
        _ count: Int,
        _ level: Int,
        into target: ByteBuffer
    ) throws(ParquetError) {
        var stream = unsafe z_stream()
        // 15 window bits, and 16 more to ask for a gzip header.
        let opened = unsafe sluice_deflateInit2(
            &stream,
            Int32(clamping: level),
            Z_DEFLATED,
            15 + 16,
            8,
            Z_DEFAULT_STRATEGY
        )
        guard opened == Z_OK else { throw failure("deflateInit2", "status \(opened)") }
        defer { unsafe deflateEnd(&stream) }
        let bound = unsafe Int(deflateBound(&stream, UInt(count)))
        unsafe stream.next_in = unsafe UnsafeMutablePointer(mutating: source.assumingMemoryBound(to: UInt8.self))
        unsafe stream.avail_in = UInt32(count)
        unsafe stream.next_out = unsafe target.reserve(bound).assumingMemoryBound(to: UInt8.self)
        unsafe stream.avail_out = UInt32(bound)
        let status = unsafe deflate(&stream, Z_FINISH)
        guard status == Z_STREAM_END else { throw failure("deflate", "status \(status)") }
        unsafe target.advance(by: Int(stream.total_out))
    }

    private func lz4(_ source: UnsafeRawPointer, _ count: Int, into target: ByteBuffer) throws(ParquetError) {
        let bound = Int(LZ4_compressBound(Int32(count)))
        let length = unsafe LZ4_compress_default(
            source.assumingMemoryBound(to: CChar.self),
            target.reserve(bound).assumingMemoryBound(to: CChar.self),
            Int32(count),
            Int32(bound)
        )
        guard length > 0 else { throw failure("LZ4_compress_default", "status \(length)") }
        target.advance(by: Int(length))
    }

    private func failure(_ function: String, _ reason: String) -> ParquetError {
        ParquetError(.compression, "Failed to compress a page. Reason: \(function): \(reason)")
    }
}

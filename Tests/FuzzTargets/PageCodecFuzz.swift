import Bytes
import Parquet

/// Takes any bytes for a compressed Parquet page: whatever they are, they are refused or become as many bytes as were
/// announced.
public enum PageCodecFuzz {
    /// Tries the bytes twice with the same contexts: the first one picks a codec, two announce the size, the others are
    /// the page.
    ///
    /// - Returns: Whether they are such a page.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 3 else { return false }
        let codecs = PageCodec.allCases
        let codec = codecs[Int(bytes.unsafeLoad(as: UInt8.self)) % codecs.count]
        let byteCount = Int(bytes.unsafeLoadUnaligned(fromByteOffset: 1, as: UInt16.self))
        let decompressor = PageDecompressor()
        let results = (0..<2).map { _ in
            bytes.extracting(droppingFirst: 3).withUnsafeBytes { page -> [UInt8]? in
                let out = ByteBuffer()
                do {
                    try decompressor.decompress(page, codec: codec, uncompressedByteCount: byteCount, into: out)
                } catch {
                    precondition(out.count == 0, "a failure leaves something behind")
                    return nil
                }
                precondition(out.count == byteCount, "another size than announced")
                return out.copyBytes()
            }
        }
        precondition(results[0] == results[1], "the page before shows")
        return results[0] != nil
    }
}

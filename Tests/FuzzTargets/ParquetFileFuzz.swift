import Parquet

/// Takes any bytes for a whole Parquet file.
public enum ParquetFileFuzz {
    private static let magic = Array("PAR1".utf8)

    /// Tries the bytes: the last two say how long the footer is, which the bytes before them end with; the magic and
    /// the length are added, as hardly any change would keep them right.
    ///
    /// - Returns: Whether all of the file could be read.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 2 else { return false }
        let body = bytes.extracting(droppingLast: 2).withUnsafeBytes { [UInt8]($0) }
        let length = Int(bytes.unsafeLoadUnaligned(fromByteOffset: body.count, as: UInt16.self))
        let footerStart = max(0, body.count - length)
        return WholeFile.read(file(pages: Array(body[..<footerStart]), footer: Array(body[footerStart...])))
    }

    /// The bytes that ``run(_:)`` takes for the file.
    public static func sample(_ file: [UInt8]) -> [UInt8] {
        let length = file.suffix(8).prefix(2)
        return Array(file.dropFirst(4).dropLast(8)) + length
    }

    static func file(pages: [UInt8], footer: [UInt8]) -> [UInt8] {
        let length = (0..<4).map { UInt8(truncatingIfNeeded: footer.count >> ($0 * 8)) }
        return magic + pages + footer + length + magic
    }
}

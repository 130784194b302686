/// The header of binary COPY, which stands before the first row.
public enum CopyBinaryHeader {
    /// "PGCOPY\n\377\r\n\0".
    static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00]

    /// The length of the header at the start of the bytes.
    ///
    /// - Throws: ``WireFormatError/badHeader`` if there is none, or if a critical flag is set.
    public static func byteCount(in bytes: UnsafeRawBufferPointer) throws(WireFormatError) -> Int {
        guard bytes.count >= 19, unsafe bytes.prefix(signature.count).elementsEqual(signature) else { throw .badHeader }
        let flags = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 11, as: UInt32.self))
        let extensionLength = unsafe Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 15, as: Int32.self)))
        guard flags == 0, extensionLength >= 0, 19 + extensionLength <= bytes.count else { throw .badHeader }
        return 19 + extensionLength
    }
}

import CLibCrypto

/// SHA-1, which names files and proves nothing.
public enum SHA1 {
    /// Returns the 20 bytes of the digest.
    ///
    /// The corresponding C function is `EVP_Digest`.
    public static func digest(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        let result = unsafe digest.withUnsafeMutableBufferPointer { digest in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, EVP_sha1(), nil)
            }
        }
        try CryptoGate.check(result, "EVP_Digest")
        return digest
    }
}

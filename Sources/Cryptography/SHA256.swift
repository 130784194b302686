import CLibCrypto

/// A SHA-256 digest in the making; owns libcrypto's context.
@safe public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// The digest of nothing, in hexadecimal.
    public static let emptyHexadecimal = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// Starts a digest.
    ///
    /// The corresponding C functions are `EVP_MD_CTX_new` and `EVP_DigestInit_ex`.
    public init() throws(CryptographyError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw CryptoGate.failure("EVP_MD_CTX_new") }
        guard unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw CryptoGate.failure("EVP_DigestInit_ex")
        }
        unsafe self.context = unsafe context
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Adds bytes.
    ///
    /// The corresponding C function is `EVP_DigestUpdate`.
    public mutating func update(_ bytes: borrowing Span<UInt8>) throws(CryptographyError) {
        let result = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        try CryptoGate.check(result, "EVP_DigestUpdate")
    }

    /// Returns the 32 bytes of the digest.
    ///
    /// The corresponding C function is `EVP_DigestFinal_ex`.
    public consuming func finish() throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let result = unsafe digest.withUnsafeMutableBufferPointer {
            unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
        }
        try CryptoGate.check(result, "EVP_DigestFinal_ex")
        return digest
    }

    /// Digests bytes that are in memory.
    public static func digest(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
        var digest = try SHA256()
        try digest.update(bytes.span)
        return try digest.finish()
    }
}

import CLibCrypto

/// SHA-256 over a salt and what follows it, of one message after the other.
///
/// Used by one thread at a time.
@safe public final class SaltedDigest {
    /// The bytes of a digest.
    public static let byteCount = 32

    private let context: OpaquePointer
    private let salt: [UInt8]

    /// Prepares for digests with a salt.
    ///
    /// The corresponding C functions are `EVP_MD_CTX_new` and `EVP_DigestInit_ex`.
    public init(salt: [UInt8]) throws(CryptographyError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw CryptoGate.failure("EVP_MD_CTX_new") }
        unsafe self.context = unsafe context
        self.salt = salt
        // What has a digest once begins the next one without looking for it again.
        try CryptoGate.check(unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil), "EVP_DigestInit_ex")
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// The digest of the salt and a message.
    ///
    /// The corresponding C functions are `EVP_DigestInit_ex`, `EVP_DigestUpdate` and `EVP_DigestFinal_ex`.
    public func digest(of message: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        try CryptoGate.check(unsafe EVP_DigestInit_ex(context, nil, nil), "EVP_DigestInit_ex")
        let salted = unsafe salt.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        try CryptoGate.check(salted, "EVP_DigestUpdate")
        try CryptoGate.check(unsafe EVP_DigestUpdate(context, message.baseAddress, message.count), "EVP_DigestUpdate")
        var digest = [UInt8](repeating: 0, count: Self.byteCount)
        let result = unsafe digest.withUnsafeMutableBufferPointer {
            unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
        }
        try CryptoGate.check(result, "EVP_DigestFinal_ex")
        return digest
    }
}

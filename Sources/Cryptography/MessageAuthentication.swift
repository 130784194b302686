import CLibCrypto

/// HMAC with SHA-256.
public enum MessageAuthentication {
    /// Returns the 32 bytes that authenticate the message.
    ///
    /// The corresponding C function is `HMAC`.
    public static func code(key: [UInt8], message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let length = Int32(clamping: key.count)
        let isDone = unsafe code.withUnsafeMutableBufferPointer { code in
            unsafe key.withUnsafeBytes { key in
                unsafe message.withUnsafeBufferPointer { message in
                    unsafe HMAC(
                        EVP_sha256(),
                        key.baseAddress,
                        length,
                        message.baseAddress,
                        message.count,
                        code.baseAddress,
                        nil
                    ) != nil
                }
            }
        }
        guard isDone else { throw CryptoGate.failure("HMAC") }
        return code
    }
}

import CLibCrypto

/// The one place where libcrypto's results become errors.
enum CryptoGate {
    /// Throws unless the result is 1, which is libcrypto's success.
    static func check(_ result: Int32, _ function: String) throws(CryptographyError) {
        guard result == 1 else { throw failure(function) }
    }

    /// The error of a function that returned no pointer.
    static func failure(_ function: String) -> CryptographyError {
        CryptographyError(function: function)
    }
}

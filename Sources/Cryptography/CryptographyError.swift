/// A failure of libcrypto, which only want of memory or a broken installation brings about.
public struct CryptographyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The C function that failed.
    public let function: String

    /// The failure in words.
    public var description: String { "libcrypto: \(function) failed" }
}

import Bytes
import Cryptography

/// What stands before each value whose SHA-256 is taken, so that nobody who lacks it can find values by trying.
///
/// A secret: no log, error or dump shows it.
public struct MaskSalt: Sendable, Hashable {
    let bytes: [UInt8]

    /// Takes a text.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Tells one salt from another and nothing else of it: a hexadecimal number of eight digits.
    public var mark: String {
        // Of 256 bits 32 are shown, so that a guess that fits proves nothing.
        guard let code = try? MessageAuthentication.code(key: bytes, message: Array("sluice mask".utf8)) else {
            return ""
        }
        return Hexadecimal.string(code.prefix(4))
    }
}

extension MaskSalt: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children: `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

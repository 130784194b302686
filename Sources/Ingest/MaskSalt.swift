/// What stands before each value whose SHA-256 is taken, so that nobody who lacks it can find values by trying.
///
/// A secret: no log, error or dump shows it.
public struct MaskSalt: Sendable, Hashable {
    let bytes: [UInt8]

    /// Takes a text.
    public init(_ text: String) {
        bytes = Array(text.utf8)
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

/// A text that gives its holder access, and that no log, error or dump shows.
public struct Secret: Sendable {
    /// The text itself, for signing and for nothing else.
    public let exposed: String

    /// Wraps a text.
    public init(_ text: String) {
        exposed = text
    }
}

extension Secret {
    /// Returns the text without any of the secrets in it, for what a server or a program says.
    static func removing(_ secrets: [Secret], from text: String) -> String {
        secrets.reduce(text) { text, secret in
            // A word of a few letters is in every sentence.
            secret.exposed.utf8.count < 8 ? text : text.replacing(secret.exposed, with: "<redacted>")
        }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children: `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Decodable {
    /// Reads a text.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }
}

/// Tells one content of an object from every other; opaque, and safe to keep in a document.
///
/// Two writes of the same bytes may have the same version, as they have on S3.
public struct ObjectVersion: Hashable, Sendable {
    /// The store's text for it.
    public let text: String

    /// Makes a version from its text.
    public init(_ text: String) {
        self.text = text
    }
}

/// What must hold for a write to happen.
public enum WriteCondition: Hashable, Sendable {
    /// Nothing: the last writer wins.
    case none
    /// There is no object of this key.
    case ifAbsent
    /// There is no object of this key, and the write begins before an instant.
    ///
    /// A process that is stopped in between and goes on later then fails with `conflict`: what it has decided to write is out
    /// of date. What has begun fails after ``longestRequest``.
    case ifAbsentUntil(ContinuousClock.Instant)

    /// How long the request may take that writes an object under ``ifAbsentUntil(_:)``.
    public static let longestRequest = Duration.seconds(600)
    /// The object has this version.
    case ifMatches(ObjectVersion)
}

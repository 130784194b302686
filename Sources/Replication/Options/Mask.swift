/// What a column's values become before they reach the lake.
public enum Mask: Sendable, Hashable {
    /// The SHA-256 of the salt and the text that PostgreSQL prints: equal values stay equal.
    case sha256
    /// NULL.
    case null
    /// The first characters of a text.
    case truncate(characterCount: Int)

    /// Whether different values may become equal, so that no row can be found by them.
    var losesIdentity: Bool { self != .sha256 }
}

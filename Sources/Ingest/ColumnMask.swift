/// What is kept of the values of a column that must not get into the lake.
public enum ColumnMask: Sendable, Equatable {
    /// Nothing: all are NULL.
    case null
    /// What is left of the text that PostgreSQL prints.
    case text(TextMask)
}

/// What is left of a text.
public enum TextMask: Sendable, Equatable {
    /// The SHA-256 of the salt and the text, in lower-case hexadecimal digits: equal texts stay equal.
    case sha256(MaskSalt)
    /// The first characters.
    case prefix(characterCount: Int)
}

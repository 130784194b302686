/// What a DELETE does to the current rows.
public enum DeleteMode: String, Sendable, Hashable, CaseIterable {
    /// The row goes away.
    case hard
    /// The row stays, and its column `_deleted` says so.
    case soft
}

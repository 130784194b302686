/// Whom credentials belong to.
public struct CallerIdentity: Hashable, Sendable {
    /// The account's number.
    public let account: String
    /// The user or the session of a role.
    public let arn: String
}

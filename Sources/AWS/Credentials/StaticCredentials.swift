/// Credentials given in advance.
public struct StaticCredentials: CredentialsProvider {
    private let fixed: Credentials

    /// Makes a provider that always returns these.
    public init(_ credentials: Credentials) {
        fixed = credentials
    }

    /// Returns the credentials it was made with.
    public func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
        fixed
    }
}

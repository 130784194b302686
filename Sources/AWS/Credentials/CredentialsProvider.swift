/// Finds credentials.
///
/// A provider is asked before every request, so it keeps what it has found; it is called by many tasks at once.
public protocol CredentialsProvider: Sendable {
    /// Returns credentials; throws `noCredentials` saying where it looked, or `credentialsFailed` naming the source that
    /// is set up and did not serve.
    func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials
}

/// Whether kept credentials will do.
public enum CredentialsFreshness: Hashable, Sendable {
    /// Kept ones will do.
    case kept
    /// A server has refused those with this access key: the source has to be asked again, unless it has been since.
    case replacing(accessKeyID: String)
}

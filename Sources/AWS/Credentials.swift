/// What signs a request.
public struct Credentials: Sendable {
    /// Names the key; not a secret.
    public let accessKeyID: String
    /// Signs.
    public let secretAccessKey: Secret
    /// Goes with temporary credentials.
    public let sessionToken: Secret?
    /// Where they were found, for messages: "the environment", a file and its profile.
    public let source: String

    /// Makes credentials.
    public init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, source: String) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.source = source
    }
}

/// Finds credentials.
///
/// A provider is asked before every request, so it keeps what it has found; it is called by many tasks at once.
public protocol CredentialsProvider: Sendable {
    /// Returns credentials; throws `noCredentials` saying where it looked.
    ///
    /// `.renewed` is asked for after a server has called the present ones expired: whatever is kept is thrown away and
    /// the source is asked again.
    func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials
}

/// Whether kept credentials will do.
public enum CredentialsFreshness: Sendable {
    /// Kept ones will do.
    case kept
    /// The source has to be asked again.
    case renewed
}

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

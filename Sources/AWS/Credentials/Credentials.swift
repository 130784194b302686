/// What signs a request.
public struct Credentials: Sendable {
    /// Names the key; not a secret.
    public let accessKeyID: String
    /// Signs.
    public let secretAccessKey: Secret
    /// Goes with temporary credentials.
    public let sessionToken: Secret?
    /// When they stop being accepted, by this machine's clock; nil if they stay valid until someone withdraws them.
    public let expiration: Timestamp?
    /// Where they were found, for messages: "the environment", a file and its profile.
    public let source: String

    /// Makes credentials.
    public init(
        accessKeyID: String,
        secretAccessKey: Secret,
        sessionToken: Secret? = nil,
        expiration: Timestamp? = nil,
        source: String
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.source = source
    }
}

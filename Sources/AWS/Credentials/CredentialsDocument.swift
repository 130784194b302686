import HTTP

/// Credentials in JSON, as container endpoints and the metadata service send them.
struct CredentialsDocument: Decodable, Sendable {
    private let accessKeyID: String
    private let secretAccessKey: Secret
    private let token: Secret
    private let expiration: String

    private enum CodingKeys: String, CodingKey {
        case accessKeyID = "AccessKeyId"
        case secretAccessKey = "SecretAccessKey"
        case token = "Token"
        case expiration = "Expiration"
    }

    /// Reads the body of an answer; throws `credentialsFailed` if it is not such a document or has expired already.
    static func credentials(
        in response: HTTPResponse,
        subject: String,
        source: String,
        now: Timestamp
    ) throws(AWSError) -> Credentials {
        let document = try JSONAnswer.read(response.body, as: Self.self, subject)
        return try Credentials(
            accessKeyID: document.accessKeyID,
            secretAccessKey: document.secretAccessKey,
            sessionToken: document.token,
            expiration: try ServerClock(response.headers, now: now).expiration(document.expiration, subject),
            source: source
        ).checked()
    }
}

import Bytes
import Cryptography
public import HTTP

/// Calls the security token service, which hands out temporary credentials and tells who one is.
///
/// Requests are forms, answers are XML:
///
///     Action=AssumeRole&Version=2011-06-15&RoleArn=…&RoleSessionName=…
public struct STSClient: Sendable {
    private static let version = "2011-06-15"
    /// An answer holds one set of credentials.
    private static let answerLimit = 64 * 1024
    /// For one attempt.
    private static let timeout = Duration.seconds(20)

    private let http: HTTPClient
    private let region: String
    private let endpoints: ServiceEndpoints
    private let retry: RetryPolicy

    /// Makes a client of one region.
    public init(region: String, endpoints: ServiceEndpoints, http: HTTPClient, retry: RetryPolicy = RetryPolicy()) {
        self.region = region
        self.endpoints = endpoints
        self.http = http
        self.retry = retry
    }

    /// Asks who the credentials are; every identity may.
    public func callerIdentity(_ credentials: any CredentialsProvider) async throws(AWSError) -> CallerIdentity {
        let root = try await call("GetCallerIdentity", [], credentials).root
        guard let result = root["GetCallerIdentityResult"], let account = result["Account"]?.text,
            let arn = result["Arn"]?.text
        else { throw AWSError(.invalidResponse, detail: "the answer of STS names no caller") }
        return CallerIdentity(
            account: ServiceFailure.printable(account, limit: 64),
            arn: ServiceFailure.printable(arn, limit: 2048)
        )
    }

    /// Takes a role.
    func assume(
        _ role: AssumedRole,
        with credentials: any CredentialsProvider,
        now: Timestamp
    ) async throws(AWSError) -> Credentials {
        var parameters = [("RoleArn", role.arn), ("RoleSessionName", role.sessionName)]
        if let id = role.externalID { parameters.append(("ExternalId", id)) }
        if let duration = role.duration { parameters.append(("DurationSeconds", "\(duration)")) }
        let answer = try await call("AssumeRole", parameters, credentials)
        return try self.credentials(in: answer, "AssumeRole", source: "the role \(role.arn)", now: now)
    }

    /// Takes a role with the token of an identity provider; the request is not signed.
    func assume(_ role: WebIdentityRole, token: Secret, now: Timestamp) async throws(AWSError) -> Credentials {
        var parameters = [("RoleArn", role.arn), ("RoleSessionName", role.sessionName)]
        parameters.append(("WebIdentityToken", token.exposed))
        if let duration = role.duration { parameters.append(("DurationSeconds", "\(duration)")) }
        let answer = try await call("AssumeRoleWithWebIdentity", parameters, nil, secrets: [token])
        let source = "the role \(role.arn) by web identity"
        return try self.credentials(in: answer, "AssumeRoleWithWebIdentity", source: source, now: now)
    }

    // MARK: - Requests

    private struct Answer {
        let root: XMLElement
        let headers: HTTPHeaders
    }

    private func call(
        _ action: String,
        _ parameters: [(String, String)],
        _ credentials: (any CredentialsProvider)?,
        secrets: [Secret] = []
    ) async throws(AWSError) -> Answer {
        let all = [("Action", action), ("Version", Self.version)] + parameters
        let form = all.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        var request = ServiceRequest(method: "POST", target: RequestTarget(path: "/"))
        request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        request.body = HTTPBody(Array(form.utf8))
        request.sink = .memory(limit: Self.answerLimit)
        request.timeouts.total = Self.timeout
        do throws(CryptographyError) {
            request.payloadHash = Hexadecimal.string(try SHA256.digest(Array(form.utf8)))
        } catch {
            throw AWSError(error)
        }
        var configuration = AWSClient.Configuration(service: "sts", region: region) { endpoints($0) }
        configuration.retry = retry
        configuration.secrets = secrets
        let client = AWSClient(configuration, http: http, credentials: credentials)
        let response = try await client.send(request)
        return Answer(
            root: try XMLElement.parse(response.body, sizeLimit: Self.answerLimit),
            headers: response.headers
        )
    }

    private func credentials(
        in answer: Answer,
        _ action: String,
        source: String,
        now: Timestamp
    ) throws(AWSError) -> Credentials {
        let subject = "the answer of STS to \(action)"
        guard let element = answer.root["\(action)Result"]?["Credentials"], let id = element["AccessKeyId"]?.text,
            let secret = element["SecretAccessKey"]?.text, let token = element["SessionToken"]?.text,
            let expiration = element["Expiration"]?.text
        else { throw AWSError(.credentialsFailed, detail: "\(subject) holds no credentials") }
        return try Credentials(
            accessKeyID: id,
            secretAccessKey: Secret(secret),
            sessionToken: Secret(token),
            expiration: try ServerClock(answer.headers, now: now).expiration(expiration, subject),
            source: source
        ).checked()
    }
}

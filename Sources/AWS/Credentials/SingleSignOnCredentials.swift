import Bytes
import Cryptography
import FoundationEssentials
import HTTP

/// Gets the credentials of a role from the portal of IAM Identity Center, with the token of a person's login.
struct SingleSignOnCredentials: Sendable {
    /// From here on another token is asked for, where the login allows that.
    private static let renewalWindow: Int64 = 15 * 60
    /// For one attempt.
    private static let timeout = Duration.seconds(20)

    let profile: SingleSignOnProfile
    let settings: AWSSettings
    let environment: Environment
    let http: HTTPClient
    let retry: RetryPolicy

    func credentials(now: Timestamp) async throws(AWSError) -> Credentials {
        let token = try await token(now)
        let query = [("role_name", profile.roleName), ("account_id", profile.accountID)]
        var request = ServiceRequest(
            method: "GET",
            target: RequestTarget(path: "/federation/credentials", query: query.map { ($0.0, $0.1) })
        )
        request.headers.add("x-amz-sso_bearer_token", token.exposed)
        request.headers.add("Accept", "application/json")
        let response: HTTPResponse
        do throws(AWSError) {
            response = try await send(request, .portal, [token])
        } catch {
            guard let failure = error.failure, [401, 403].contains(failure.status) else { throw failed(error) }
            throw failed(
                error,
                remedy: failure.status == 401
                    ? profile.loginRemedy
                    : "Check that the account \(profile.accountID) has the role \(profile.roleName) for this person"
            )
        }
        return try read(response, now)
    }

    private struct Answer: Decodable {
        struct Role: Decodable {
            let accessKeyId: String
            let secretAccessKey: Secret
            let sessionToken: Secret
            /// In milliseconds since 1970.
            let expiration: Int64
        }

        let roleCredentials: Role
    }

    private func read(_ response: HTTPResponse, _ now: Timestamp) throws(AWSError) -> Credentials {
        let subject = "the answer of the IAM Identity Center portal for profile \(profile.profile)"
        let role = try JSONAnswer.read(response.body, as: Answer.self, subject).roleCredentials
        let end = Timestamp(seconds: role.expiration / 1000)
        return try Credentials(
            accessKeyID: role.accessKeyId,
            secretAccessKey: role.secretAccessKey,
            sessionToken: role.sessionToken,
            expiration: try ServerClock(response.headers, now: now).expiration(end, subject),
            source: "the login of profile \(profile.profile)"
        ).checked()
    }

    // MARK: - The login's token

    private func token(_ now: Timestamp) async throws(AWSError) -> Secret {
        let path = try SingleSignOnToken.path(profile, environment)
        let (text, reason) = TextFile.read(path)
        guard let text else { throw login("there is no login: \(path): \(reason)") }
        let token: SingleSignOnToken
        do throws(AWSError) {
            token = try JSONAnswer.read(Array(text.utf8), as: SingleSignOnToken.self, path)
            try Credentials.check(token.accessToken.exposed, "accessToken of \(path)")
        } catch {
            throw login(error.detail)
        }
        let remaining = token.expiration.seconds - now.seconds
        if remaining >= Self.renewalWindow { return token.accessToken }
        if let renewal = token.renewal(at: now) {
            do throws(AWSError) {
                return try await renew(token, renewal, path, now)
            } catch {
                guard remaining > 0, error.code != .cancelled else { throw failed(error, remedy: profile.loginRemedy) }
            }
        }
        guard remaining > 0 else { throw login("the login has expired") }
        return token.accessToken
    }

    private struct Renewal: Decodable {
        let accessToken: Secret
        let expiresIn: Int64
        let refreshToken: Secret?
    }

    private func renew(
        _ token: SingleSignOnToken,
        _ renewal: (clientID: String, clientSecret: Secret, refreshToken: Secret),
        _ path: String,
        _ now: Timestamp
    ) async throws(AWSError) -> Secret {
        let members = [
            "grantType": "refresh_token", "clientId": renewal.clientID, "clientSecret": renewal.clientSecret.exposed,
            "refreshToken": renewal.refreshToken.exposed,
        ]
        var request = ServiceRequest(method: "POST", target: RequestTarget(path: "/token"))
        request.headers.add("Content-Type", "application/json")
        guard let body = try? JSONEncoder().encode(members) else { throw login("its file cannot be sent as JSON") }
        request.body = HTTPBody(Array(body))
        let response = try await send(request, .logins, [renewal.clientSecret, renewal.refreshToken])
        let answer = try JSONAnswer.read(response.body, as: Renewal.self, "the answer to the renewal of the login")
        try Credentials.check(answer.accessToken.exposed, "the token of the renewed login")
        let lifetime = min(max(answer.expiresIn, 0), 366 * 86_400)
        let renewed = token.renewed(
            accessToken: answer.accessToken,
            expiration: Timestamp(seconds: now.seconds + lifetime),
            refreshToken: answer.refreshToken
        )
        // Where the file may not be written, the new token still serves; the next renewal begins with the old one.
        if let document = renewed.document { _ = TextFile.replace(path, document) }
        return answer.accessToken
    }

    // MARK: - Requests

    private func send(
        _ request: ServiceRequest,
        _ service: AWSService,
        _ secrets: [Secret]
    ) async throws(AWSError) -> HTTPResponse {
        var request = request
        request.sink = .memory(limit: JSONAnswer.sizeLimit)
        request.timeouts.total = Self.timeout
        let endpoints = try settings.endpoints(of: service)
        var configuration = AWSClient.Configuration(service: service.signingName, region: profile.region) {
            endpoints($0)
        }
        configuration.readFailure = { ServiceFailure(json: $0) }
        configuration.retry = retry
        configuration.secrets = secrets
        return try await AWSClient(configuration, http: http, credentials: nil).send(request)
    }

    private func login(_ reason: String) -> AWSError {
        AWSError(
            .credentialsFailed,
            detail: "profile \(profile.profile) uses IAM Identity Center: \(reason)",
            remedy: profile.loginRemedy
        )
    }

    private func failed(_ error: AWSError, remedy: String? = nil) -> AWSError {
        guard error.code != .cancelled else { return error }
        return AWSError(
            .credentialsFailed,
            detail: "profile \(profile.profile) uses IAM Identity Center: \(error.detail)",
            remedy: error.remedy ?? remedy,
            isTransient: error.isTransient
        )
    }
}

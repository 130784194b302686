import HTTP

/// The metadata service of an EC2 instance, in its version 2: each session begins with a token.
///
/// Version 1, which answers whoever gets a request through, is never spoken.
struct InstanceMetadata: Sendable {
    private static let addresses = ["ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"]
    /// In seconds; what the AWS tools ask for.
    private static let tokenLifetime = "21600"

    private let origin: String
    private let request: MetadataRequest

    /// Reads the variables of the service.
    ///
    /// - Returns: nil if it is turned off by `AWS_EC2_METADATA_DISABLED`.
    /// - Throws: `invalidSettings` if a variable means nothing.
    init?(environment: Environment, http: HTTPClient) throws(AWSError) {
        guard environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
        if let url = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] {
            do throws(AWSError) {
                origin = try Endpoint(url: url).origin
            } catch {
                throw AWSError(.invalidSettings, detail: "AWS_EC2_METADATA_SERVICE_ENDPOINT: \(error.detail)")
            }
        } else {
            let mode = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] ?? "IPv4"
            guard let address = Self.addresses[mode.lowercased()] else {
                throw AWSError(
                    .invalidSettings,
                    detail: "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6"
                )
            }
            origin = address
        }
        request = MetadataRequest(
            http: http,
            timeout: .seconds(try Self.number("AWS_METADATA_SERVICE_TIMEOUT", environment, limit: 60)),
            attempts: try Self.number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", environment, limit: 10),
            pause: .milliseconds(200)
        )
    }

    /// The credentials of the instance's role.
    ///
    /// - Returns: The credentials, or the reason why this machine has none.
    /// - Throws: `credentialsFailed` if the machine has a role and its credentials are not to be had.
    func credentials(now: Timestamp) async throws(AWSError) -> CredentialsSearch {
        let token: Secret
        let role: String
        do throws(AWSError) {
            token = try await self.token()
            let path = "/latest/meta-data/iam/security-credentials/"
            let response = try await get(path, token)
            guard response.status != 404 else {
                return .absent("instance metadata: the instance has no role", isTransient: false)
            }
            role = try line(response, "the name of the instance's role")
        } catch {
            guard error.code != .cancelled else { throw error }
            // Silence is what a machine outside of EC2 answers, and will answer tomorrow.
            let mayPass = error.isTransient && error.code != .transport
            return .absent("instance metadata: \(error.detail)", isTransient: mayPass)
        }
        let subject = "the answer of the metadata service \(origin)"
        let path = PercentEncoding.encode(role)
        let response: HTTPResponse
        do throws(AWSError) {
            response = try await get("/latest/meta-data/iam/security-credentials/\(path)", token)
        } catch {
            throw error.code == .transport ? error.ofSource("the credentials of the role \(role)") : error
        }
        guard response.isSuccess else { throw refused(response, "the credentials of the role \(role)") }
        let state = try JSONAnswer.read(response.body, as: State.self, subject)
        guard state.code == nil || state.code == "Success" else {
            let failure = ServiceFailure(status: response.status, code: state.code ?? "", message: state.message ?? "")
            throw AWSError(
                .credentialsFailed,
                detail: "the metadata service \(origin) has no credentials of the role \(role): \(failure)",
                remedy: "Check the role that the instance has and its trust policy",
                isTransient: true
            )
        }
        return .found(
            try CredentialsDocument.credentials(
                in: response,
                subject: subject,
                source: "the role \(role) of the instance",
                now: now
            )
        )
    }

    /// The region of the machine.
    func region() async throws(AWSError) -> String {
        let response = try await get("/latest/meta-data/placement/region", try await token())
        let region = try line(response, "the instance's region")
        guard Region.isName(region) else {
            throw AWSError(.invalidResponse, detail: "the metadata service \(origin) answers with what is no region")
        }
        return region
    }

    // MARK: - Requests

    private struct State: Decodable {
        let code: String?
        let message: String?

        enum CodingKeys: String, CodingKey {
            case code = "Code"
            case message = "Message"
        }
    }

    private func token() async throws(AWSError) -> Secret {
        let headers = HTTPHeaders(["x-aws-ec2-metadata-token-ttl-seconds": Self.tokenLifetime])
        let response = try await request.send("PUT", "\(origin)/latest/api/token", headers)
        guard response.isSuccess else { throw refused(response, "a token") }
        let token = Secret(String(decoding: response.body, as: UTF8.self))
        do throws(AWSError) {
            try Credentials.check(token.exposed, "the token")
        } catch {
            throw AWSError(.credentialsFailed, detail: "\(origin) is no metadata service of version 2: \(error.detail)")
        }
        return token
    }

    private func get(_ path: String, _ token: Secret) async throws(AWSError) -> HTTPResponse {
        try await request.send("GET", origin + path, HTTPHeaders(["x-aws-ec2-metadata-token": token.exposed]))
    }

    /// The first line of a text answer.
    private func line(_ response: HTTPResponse, _ subject: String) throws(AWSError) -> String {
        guard response.isSuccess else { throw refused(response, subject) }
        let text = String(decoding: response.body, as: UTF8.self)
        let line = text.prefix { !$0.isNewline }
        guard !line.isEmpty, line.utf8.count <= 128, line.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw AWSError(.credentialsFailed, detail: "the metadata service \(origin) does not say \(subject)")
        }
        return String(line)
    }

    private func refused(_ response: HTTPResponse, _ subject: String) -> AWSError {
        AWSError(
            .credentialsFailed,
            detail: "the metadata service \(origin) refused \(subject) (HTTP status \(response.status))",
            isTransient: response.status == 429 || response.status >= 500
        )
    }

    private static func number(
        _ name: String,
        _ environment: Environment,
        limit: Int
    ) throws(AWSError) -> Int {
        guard let text = environment[name] else { return 1 }
        guard let number = Int(text), (1...limit).contains(number) else {
            throw AWSError(.invalidSettings, detail: "\(name) is not a number from 1 to \(limit)")
        }
        return number
    }
}

import HTTP

/// Asks the endpoint of a container (ECS, EKS Pod Identity) for credentials.
struct ContainerCredentials: Sendable {
    private static let timeout = Duration.seconds(2)
    private static let attempts = 3

    let endpoint: ContainerEndpoint
    let http: HTTPClient
    /// Between attempts.
    var pause = Duration.seconds(1)

    func credentials(now: Timestamp) async throws(AWSError) -> Credentials {
        var headers = HTTPHeaders(["Accept": "application/json"])
        let token = try token()
        if let token { headers.add("Authorization", token.exposed) }
        let request = MetadataRequest(http: http, timeout: Self.timeout, attempts: Self.attempts, pause: pause)
        let response: HTTPResponse
        do throws(AWSError) {
            response = try await request.send("GET", endpoint.url, headers)
        } catch {
            throw error.code == .transport ? error.ofSource("the container's endpoint") : error
        }
        guard response.isSuccess else {
            let failure = ServiceFailure(json: response).removing(token.map { [$0] } ?? [])
            throw AWSError(
                .credentialsFailed,
                detail: "the container's endpoint \(endpoint.host) refused: \(failure)",
                remedy: "Check that the task or the pod has a role",
                isTransient: response.status == 429 || response.status >= 500
            )
        }
        return try CredentialsDocument.credentials(
            in: response,
            subject: "the answer of the container's endpoint \(endpoint.host)",
            source: "the container's endpoint \(endpoint.host)",
            now: now
        )
    }

    private func token() throws(AWSError) -> Secret? {
        guard let path = endpoint.tokenFile else {
            guard let token = endpoint.token else { return nil }
            try check(token, "AWS_CONTAINER_AUTHORIZATION_TOKEN")
            return token
        }
        let (text, reason) = TextFile.read(path)
        guard let text else {
            throw AWSError(.credentialsFailed, detail: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: \(path): \(reason)")
        }
        let token = Secret(TextFile.withoutFinalBreaks(text))
        try check(token, path)
        return token
    }

    /// The token may be more than one word, but not more than one line.
    private func check(_ token: Secret, _ name: String) throws(AWSError) {
        guard !token.exposed.isEmpty, token.exposed.utf8.count <= JSONAnswer.sizeLimit,
            token.exposed.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else {
            throw AWSError(
                .credentialsFailed,
                detail: "\(name) holds no token: it is empty, too long, or contains a line break"
            )
        }
    }
}

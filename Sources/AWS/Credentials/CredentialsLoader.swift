import HTTP

/// Does what a plan says.
struct CredentialsLoader: Sendable {
    let environment: Environment
    let settings: AWSSettings
    let http: HTTPClient
    /// The region whose security token service is asked; nil where that of the role's partition serves.
    let region: String?
    let retry: RetryPolicy
    let now: @Sendable () -> Timestamp
    /// The address that a container's relative path belongs to.
    var containerAddress = ContainerEndpoint.address
    /// How long a credential process may take.
    var processTimeLimit = CredentialProcess.timeLimit

    /// Gets the credentials; throws `credentialsFailed` naming the step that failed.
    func load(_ plan: CredentialsPlan) async throws(AWSError) -> Credentials {
        switch plan {
        case .keys(let credentials): return try credentials.checked()
        case .role(let role, let source): return try await assume(role, with: try await load(source))
        case .webIdentity(let role): return try await assume(role)
        case .singleSignOn(let profile):
            return try await SingleSignOnCredentials(
                profile: profile,
                settings: settings,
                environment: environment,
                http: http,
                retry: retry
            ).credentials(now: now())
        case .process(let process): return try await process.credentials(now: now(), timeLimit: processTimeLimit)
        case .environment: return try needed(try fromEnvironment())
        case .container: return try needed(try await fromContainer())
        case .instance: return try needed(try await fromInstance())
        }
    }

    // MARK: - Places

    /// The variables with keys.
    func fromEnvironment() throws(AWSError) -> CredentialsSearch {
        guard let id = environment["AWS_ACCESS_KEY_ID"] else {
            return .absent("environment: AWS_ACCESS_KEY_ID is not set")
        }
        guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
            throw AWSError(
                .credentialsFailed,
                detail: "environment: AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not",
                remedy: "Set both or neither"
            )
        }
        let token = environment["AWS_SESSION_TOKEN"] ?? environment["AWS_SECURITY_TOKEN"]
        var expiration: Timestamp?
        if let text = environment["AWS_CREDENTIAL_EXPIRATION"] {
            expiration = try ServerClock(now: now()).expiration(text, "AWS_CREDENTIAL_EXPIRATION")
        }
        return .found(
            try Credentials(
                accessKeyID: id,
                secretAccessKey: Secret(secret),
                sessionToken: token.map(Secret.init),
                expiration: expiration,
                source: "the environment"
            ).checked()
        )
    }

    /// The endpoint of the container.
    func fromContainer() async throws(AWSError) -> CredentialsSearch {
        guard let endpoint = try ContainerEndpoint(environment: environment, address: containerAddress) else {
            return .absent(
                "container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"
            )
        }
        return .found(try await ContainerCredentials(endpoint: endpoint, http: http).credentials(now: now()))
    }

    /// The metadata service of the machine.
    func fromInstance() async throws(AWSError) -> CredentialsSearch {
        guard let metadata = try InstanceMetadata(environment: environment, http: http) else {
            return .absent("instance metadata: turned off by AWS_EC2_METADATA_DISABLED")
        }
        return try await metadata.credentials(now: now())
    }

    /// The role that a token's file allows to take, by its variables; nil if they are not set.
    func webIdentityOfEnvironment() throws(AWSError) -> WebIdentityRole? {
        guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
        guard let arn = environment["AWS_ROLE_ARN"] else {
            throw AWSError(
                .credentialsFailed,
                detail: "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not",
                remedy: "Set both or neither"
            )
        }
        let name = environment["AWS_ROLE_SESSION_NAME"] ?? AssumedRole.defaultSessionName(at: now())
        guard AssumedRole.isSessionName(name) else {
            throw AWSError(
                .credentialsFailed,
                detail: "web identity: AWS_ROLE_SESSION_NAME is not 2 to 64 letters, digits and _+=,.@-"
            )
        }
        return WebIdentityRole(arn: arn, tokenFile: file, sessionName: name, origin: "AWS_WEB_IDENTITY_TOKEN_FILE")
    }

    /// A place that a plan names must have credentials.
    private func needed(_ search: CredentialsSearch) throws(AWSError) -> Credentials {
        switch search {
        case .found(let credentials): return credentials
        case .absent(let reason, let isTransient):
            throw AWSError(.credentialsFailed, detail: reason, isTransient: isTransient)
        }
    }

    // MARK: - Roles

    private func assume(_ role: AssumedRole, with source: Credentials) async throws(AWSError) -> Credentials {
        let client = try tokenService(role.arn)
        do throws(AWSError) {
            return try await client.assume(role, with: StaticCredentials(source), now: now())
        } catch {
            throw failed(
                error,
                "profile \(role.profile): the role \(role.arn) cannot be taken with \(source.source)",
                remedy: "Allow sts:AssumeRole on the role to that identity, there and in the role's trust policy"
            )
        }
    }

    private func assume(_ role: WebIdentityRole) async throws(AWSError) -> Credentials {
        let subject = "web identity of \(role.origin)"
        let (text, reason) = TextFile.read(role.tokenFile)
        guard let text else {
            throw AWSError(
                .credentialsFailed,
                detail: "\(subject): \(role.tokenFile): \(reason)",
                remedy: "Check that the token is mounted into this container and may be read"
            )
        }
        let token = Secret(TextFile.withoutFinalBreaks(text))
        try Credentials.check(token.exposed, "\(subject): \(role.tokenFile): the token")
        let client = try tokenService(role.arn)
        do throws(AWSError) {
            return try await client.assume(role, token: token, now: now())
        } catch {
            throw failed(
                error,
                "\(subject): the role \(role.arn) cannot be taken with the token of \(role.tokenFile)",
                remedy: "Check the role's trust policy, its identity provider, and that the token is being renewed"
            )
        }
    }

    private func tokenService(_ arn: String) throws(AWSError) -> STSClient {
        STSClient(
            region: region ?? Partition(arn: arn).mainRegion,
            endpoints: try settings.endpoints(of: .sts),
            http: http,
            retry: retry
        )
    }

    // MARK: - Errors

    private func failed(_ error: AWSError, _ what: String, remedy: String) -> AWSError {
        guard error.code != .cancelled else { return error }
        let isRefusal = error.failure.map { (400..<500).contains($0.status) } == true && !error.isTransient
        return AWSError(
            .credentialsFailed,
            detail: "\(what): \(error.detail)",
            remedy: error.remedy ?? (isRefusal ? remedy : nil),
            isTransient: error.isTransient
        )
    }
}

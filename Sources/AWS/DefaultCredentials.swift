import Synchronization

/// Looks for credentials where the AWS tools do: the environment, then the shared files.
public final class DefaultCredentials: CredentialsProvider {
    private let environment: Environment
    private let profile: String?
    private let kept = Mutex<Credentials?>(nil)

    /// Makes a provider; nothing is read before credentials are asked for.
    ///
    /// - Parameters:
    ///   - environment: Where variables are read.
    ///   - profile: The profile to use instead of `AWS_PROFILE`; the environment's own keys are passed over then.
    public init(environment: Environment = .process, profile: String? = nil) {
        self.environment = environment
        self.profile = profile
    }

    /// Returns the first credentials found.
    public func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
        if freshness == .kept, let found = kept.withLock({ $0 }) { return found }
        let found = try find()
        kept.withLock { $0 = found }
        return found
    }

    private func find() throws(AWSError) -> Credentials {
        var attempts: [String] = []
        if profile == nil {
            if let found = fromEnvironment() { return found }
            let missing = environment["AWS_ACCESS_KEY_ID"] == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
            attempts.append("environment: \(missing) is not set")
        }
        let shared = SharedProfile(name: profile, environment: environment)
        if let found = shared.credentials() { return found }
        attempts += shared.attempts
        throw AWSError(
            .noCredentials,
            detail: "no AWS credentials found; tried " + attempts.joined(separator: "; ")
        )
    }

    private func fromEnvironment() -> Credentials? {
        guard let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
            return nil
        }
        let token = environment["AWS_SESSION_TOKEN"] ?? environment["AWS_SECURITY_TOKEN"]
        return Credentials(
            accessKeyID: id,
            secretAccessKey: Secret(secret),
            sessionToken: token.map(Secret.init),
            source: "the environment"
        )
    }
}

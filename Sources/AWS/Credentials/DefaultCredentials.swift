public import HTTP

/// Looks for credentials where the AWS tools do, and renews them before they expire.
///
/// The environment; the profile's role, login, keys or program, and web identities; the container; the machine. Nothing
/// is read or asked before credentials are wanted.
public final class DefaultCredentials: CredentialsProvider {
    private let refreshing: RefreshingCredentials

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - environment: Where variables are read.
    ///   - profile: The profile to use instead of `AWS_PROFILE`; the environment's own keys are passed over then.
    ///   - region: The region whose security token service is asked, instead of the one that is set.
    ///   - http: Sends the requests; a client as the settings have it unless given.
    public convenience init(
        environment: Environment = .process,
        profile: String? = nil,
        region: String? = nil,
        http: HTTPClient? = nil
    ) {
        self.init(environment: environment, profile: profile, region: region, http: http) { _ in }
    }

    /// Makes a provider whose loader a test changes.
    init(
        environment: Environment,
        profile: String? = nil,
        region: String? = nil,
        http: HTTPClient? = nil,
        now: @escaping @Sendable () -> Timestamp = { .now },
        _ change: @escaping @Sendable (inout CredentialsLoader) -> Void
    ) {
        refreshing = RefreshingCredentials(now: now) {
            do throws(AWSError) {
                let settings = AWSSettings(environment: environment, profile: profile)
                var loader = CredentialsLoader(
                    environment: environment,
                    settings: settings,
                    http: try Self.client(http, settings),
                    region: try settings.checkedRegion(region),
                    retry: try settings.retryPolicy(),
                    now: now
                )
                change(&loader)
                let chain = CredentialsChain(environment: environment, profile: profile, loader: loader)
                return .success(try await chain.find())
            } catch {
                return .failure(error)
            }
        }
    }

    /// Returns the first credentials found, or those found before as long as they serve.
    public func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
        try await refreshing.credentials(freshness)
    }

    private static func client(_ given: HTTPClient?, _ settings: AWSSettings) throws(AWSError) -> HTTPClient {
        if let given { return given }
        do throws(HTTPError) {
            return try HTTPClient(settings.httpConfiguration())
        } catch {
            throw AWSError(.transport, detail: "\(error)")
        }
    }
}

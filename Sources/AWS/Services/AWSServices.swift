public import HTTP

/// Opens clients of AWS's services as the environment, the shared files and a program's own settings have it.
///
/// All share one HTTP client and one provider of credentials. Nothing is sent before the first call.
public struct AWSServices: Sendable {
    /// What a program's own settings say; the rest is as the environment and the shared files have it.
    public struct Options: Sendable {
        /// The region, instead of that of the environment or the profile.
        public var region: String?
        /// The profile of the shared files, instead of `AWS_PROFILE`.
        public var profile: String?
        /// Where environment variables are read.
        public var environment = Environment.process
        /// Where credentials come from, instead of where the AWS tools look.
        public var credentials: (any CredentialsProvider)?
        /// How often and when a request is tried again, instead of what the environment or the profile says.
        public var retry: RetryPolicy?

        /// Makes the default options.
        public init() {}
    }

    /// The region of servers that have none, as their clients write it.
    private static let customRegion = "us-east-1"

    /// Sends the requests of all clients.
    public let http: HTTPClient
    /// What signs them.
    public let credentials: any CredentialsProvider
    /// The settings of the environment and the shared files.
    public let settings: AWSSettings
    private let region: String?
    private let retry: RetryPolicy

    /// Reads the settings.
    ///
    /// - Throws: ``AWSError``: `invalidSettings` for a setting that means nothing, `transport` if no client can be made.
    public init(_ options: Options = Options()) throws(AWSError) {
        let settings = AWSSettings(environment: options.environment, profile: options.profile)
        let client: HTTPClient
        do throws(HTTPError) {
            client = try HTTPClient(settings.httpConfiguration())
        } catch {
            throw AWSError(.transport, detail: "\(error)")
        }
        self.settings = settings
        http = client
        region = try settings.checkedRegion(options.region)
        if let retry = options.retry { self.retry = retry } else { retry = try settings.retryPolicy() }
        credentials =
            options.credentials
            ?? DefaultCredentials(
                environment: options.environment,
                profile: options.profile,
                region: region,
                http: client
            )
    }

    /// Opens a client of a service.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - url: A server other than AWS's, instead of the one that is set.
    ///   - readFailure: Reads the service's form of refusal.
    /// - Returns: The client.
    /// - Throws: ``AWSError``: `invalidEndpoint` or `invalidSettings` for settings that mean nothing, `noRegion` if no
    ///   region is set and this machine has none to tell.
    public func client(
        of service: AWSService,
        url: String? = nil,
        readFailure: @escaping @Sendable (HTTPResponse) -> ServiceFailure
    ) throws(AWSError) -> AWSClient {
        let endpoints = try settings.endpoints(of: service, url: url)
        let region = region ?? endpoints.custom.map { _ in Self.customRegion }
        var configuration = AWSClient.Configuration(service: service.signingName, region: region) { endpoints($0) }
        if region == nil {
            guard let findRegion = try settings.regionOfInstance(http) else {
                throw AWSError(
                    .noRegion,
                    detail: "no region is set for \(service.settingsName)",
                    remedy: "Set AWS_REGION, or a region in the profile"
                )
            }
            configuration.findRegion = findRegion
        }
        configuration.retry = retry
        configuration.readFailure = readFailure
        return AWSClient(configuration, http: http, credentials: credentials)
    }

    /// Opens a client of a service of the JSON 1.1 protocol.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - targetPrefix: What stands before the operation in `X-Amz-Target`.
    ///   - url: A server other than AWS's, instead of the one that is set.
    /// - Returns: The client.
    /// - Throws: As ``client(of:url:readFailure:)``.
    public func json(
        _ service: AWSService,
        targetPrefix: String,
        url: String? = nil
    ) throws(AWSError) -> JSONService {
        let client = try client(of: service, url: url) { response in
            let failure = ServiceFailure(json: response)
            // What stands before the service may refuse in its own form.
            return failure.code.isEmpty ? ServiceFailure(xml: response) : failure
        }
        return JSONService(client, targetPrefix: targetPrefix)
    }
}

public import AWS
import HTTP

/// What opening a store takes beside its location.
public struct ObjectStoreOptions: Sendable {
    /// The bucket's region, instead of that of the environment or the profile.
    public var region: String?
    /// A server other than AWS's, as a URL, instead of that of the environment or the profile.
    public var endpoint: String?
    /// How objects are encrypted at rest.
    public var encryption = ServerSideEncryption.none
    /// The profile of the shared files, instead of `AWS_PROFILE`.
    public var profile: String?
    /// Where environment variables are read.
    public var environment = Environment.process
    /// Where credentials come from, instead of the environment and the shared files.
    public var credentials: (any CredentialsProvider)?
    /// How often and when a request is tried again.
    public var retry = RetryPolicy()

    /// Makes the default options.
    public init() {}
}

extension ObjectStoreLocation {
    /// The region of servers that have none, as their clients write it.
    private static let customRegion = "us-east-1"

    /// Opens the store of this location; on S3 nothing is sent yet.
    public func open(_ options: ObjectStoreOptions = ObjectStoreOptions()) throws(ObjectStorageError) -> any ObjectStore
    {
        switch self {
        case .folder(let path): try LocalFolderStore(path: path)
        case .bucket(let name, let prefix): try openBucket(name, prefix, options)
        }
    }

    private func openBucket(
        _ name: String,
        _ prefix: String,
        _ options: ObjectStoreOptions
    ) throws(ObjectStorageError) -> S3Store {
        let settings = AWSSettings(environment: options.environment, profile: options.profile)
        let endpoint: Endpoint?
        let client: HTTPClient
        do {
            endpoint = try (options.endpoint ?? settings.endpoint(service: "s3")).map { (url) throws(AWSError) in
                try Endpoint(url: url)
            }
            var http = HTTPClient.Configuration()
            http.certificateAuthorities = settings.certificateAuthorities
            client = try HTTPClient(http)
        } catch let error as AWSError {
            throw ObjectStorageError(.invalidLocation, "lake.endpoint: \(error)", underlying: error)
        } catch {
            throw ObjectStorageError(.systemFailure, "\(error)", underlying: error)
        }
        guard let region = options.region ?? settings.region ?? (endpoint == nil ? nil : Self.customRegion) else {
            throw ObjectStorageError(
                .wrongRegion,
                "the region of the bucket \(name) is not known",
                remedy: "Set lake.region, or AWS_REGION, or a region in the profile"
            )
        }
        var configuration = S3Configuration(bucket: name, prefix: prefix, region: region, endpoint: endpoint)
        configuration.encryption = options.encryption
        configuration.retry = options.retry
        return try S3Store(
            configuration,
            http: client,
            credentials: options.credentials
                ?? DefaultCredentials(environment: options.environment, profile: options.profile)
        )
    }
}

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
    /// Where credentials come from, instead of where the AWS tools look.
    public var credentials: (any CredentialsProvider)?
    /// How often and when a request is tried again, instead of what the environment or the profile says.
    public var retry: RetryPolicy?
    /// The account that must own the bucket: the 12 digits of its number.
    public var expectedOwner: String?
    /// The tags of every object.
    public var tags = ObjectTags.none
    /// The storage class of every object; the bucket's own way unless set.
    public var storageClass: StorageClass?
    /// How the bucket is addressed, instead of as the profile says.
    public var addressing: S3Configuration.Addressing?

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
        if let owner = options.expectedOwner { try Self.checkAccount(owner) }
        let settings = AWSSettings(environment: options.environment, profile: options.profile)
        var configuration = S3Configuration(bucket: name, prefix: prefix, region: nil)
        let client: HTTPClient
        do {
            client = try HTTPClient(settings.httpConfiguration())
            let endpoints = try settings.endpoints(of: .s3, url: options.endpoint)
            configuration.endpoint = endpoints.custom
            configuration.variant = endpoints.variant
            configuration.retry = try options.retry ?? settings.retryPolicy()
            let customRegion = endpoints.custom.map { _ in Self.customRegion }
            configuration.region = try settings.checkedRegion(options.region) ?? customRegion
            if configuration.region == nil { configuration.findRegion = try settings.regionOfInstance(client) }
        } catch let error as AWSError {
            let place = error.code == .invalidEndpoint ? "lake.endpoint: " : ""
            throw ObjectStorageError(
                .invalidLocation,
                "\(place)\(error.detail)",
                remedy: error.remedy,
                underlying: error
            )
        } catch {
            throw ObjectStorageError(.systemFailure, "\(error)", underlying: error)
        }
        guard configuration.region != nil || configuration.findRegion != nil else {
            throw ObjectStorageError(
                .wrongRegion,
                "the region of the bucket \(name) is not known",
                remedy: "Set lake.region, or AWS_REGION, or a region in the profile"
            )
        }
        configuration.encryption = options.encryption
        configuration.expectedOwner = options.expectedOwner
        configuration.tags = options.tags
        configuration.storageClass = options.storageClass
        switch settings.addressingStyle {
        case "path": configuration.addressing = .path
        case "virtual": configuration.addressing = .host
        default: break
        }
        configuration.addressing = options.addressing ?? configuration.addressing
        let credentials: any CredentialsProvider =
            options.credentials
            ?? DefaultCredentials(
                environment: options.environment,
                profile: options.profile,
                region: configuration.region,
                http: client
            )
        return try S3Store(configuration, http: client, credentials: credentials)
    }

    private static func checkAccount(_ number: String) throws(ObjectStorageError) {
        guard number.utf8.count == 12, number.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw ObjectStorageError(.invalidLocation, "the bucket's expected owner is not an account's 12 digits")
        }
    }
}

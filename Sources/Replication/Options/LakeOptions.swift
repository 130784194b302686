/// A lake and how it is reached.
public struct LakeOptions: Sendable, Hashable {
    /// Where the lake is.
    public enum Location: Sendable, Hashable {
        /// A folder, absolute or relative to the working directory.
        case folder(path: String)
        /// The objects of a bucket whose keys begin with the prefix and a slash; an empty prefix is the whole bucket.
        case s3(bucket: String, prefix: String)
    }

    /// How S3 encrypts what is stored.
    public enum Encryption: Sendable, Hashable {
        /// Nothing is asked for: the bucket's own default applies.
        case none
        /// With keys that S3 manages (SSE-S3).
        case aes256
        /// With a key of AWS KMS, by identifier, alias or ARN; nil is the account's key for S3.
        case kms(key: String?)
    }

    /// Where the lake is.
    public var location: Location
    /// The AWS region; nil leaves it to the environment and the shared files of AWS.
    public var region: String?
    /// The address of an S3-compatible store, without bucket; nil is AWS.
    public var endpoint: String?
    /// The encryption asked for with each object; a folder ignores it.
    public var encryption: Encryption

    /// Describes a lake.
    public init(
        location: Location,
        region: String? = nil,
        endpoint: String? = nil,
        encryption: Encryption = .none
    ) {
        self.location = location
        self.region = region
        self.endpoint = endpoint
        self.encryption = encryption
    }
}

public import ObjectStorage

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
        ///
        /// `bucketKey` says whether S3 keeps a key for the bucket and seldom asks KMS; nil leaves that to the bucket.
        case kms(key: String?, bucketKey: Bool? = nil)
    }

    /// Where the lake is.
    public var location: Location
    /// The AWS region; nil leaves it to the environment and the shared files of AWS.
    public var region: String?
    /// The address of an S3-compatible store, without bucket; nil is AWS.
    public var endpoint: String?
    /// The encryption asked for with each object; a folder ignores it.
    public var encryption: Encryption
    /// The profile of the shared files of AWS; nil leaves it to the environment.
    public var profile: String?
    /// The account that must own the bucket, 12 digits; nil for any.
    public var expectedBucketOwner: String?
    /// The tags of every object; a folder ignores them.
    public var tags = ObjectTags.none
    /// The storage class of every object; nil is the bucket's own way.
    public var storageClass: StorageClass?
    /// How the bucket is addressed; nil is as the profile says, or as fits its name.
    public var addressing: S3Configuration.Addressing?

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

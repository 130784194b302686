public import AWS

/// How objects are encrypted at rest.
public enum ServerSideEncryption: Hashable, Sendable {
    /// As the bucket has it.
    case none
    /// With keys of S3's own (`AES256`).
    case managed
    /// With a key of the key management service (`aws:kms`); the account's default key unless named.
    ///
    /// `bucketKey` says whether S3 keeps a key for the bucket, so that it seldom has to ask the service; nil leaves that
    /// to the bucket.
    case keyService(key: String?, bucketKey: Bool? = nil)

    /// The headers that ask for it when an object is created.
    var headers: [(name: String, value: String)] {
        switch self {
        case .none: []
        case .managed: [("x-amz-server-side-encryption", "AES256")]
        case .keyService(let key, let bucketKey):
            [("x-amz-server-side-encryption", "aws:kms")]
                + (key.map { [("x-amz-server-side-encryption-aws-kms-key-id", $0)] } ?? [])
                + (bucketKey.map { [("x-amz-server-side-encryption-bucket-key-enabled", "\($0)")] } ?? [])
        }
    }
}

/// Which bucket, where, and how it is written.
public struct S3Configuration: Sendable {
    /// How the bucket is addressed.
    public enum Addressing: Hashable, Sendable {
        /// By host (`bucket.s3.region.amazonaws.com`), but by path for an endpoint of one's own and for names that
        /// cannot be part of a host name covered by the certificate.
        case automatic
        /// Always by path.
        case path
        /// Always by host.
        case host
    }

    /// The bucket.
    public var bucket: String
    /// What all keys begin with in the bucket, without slashes at its ends; empty for none.
    public var prefix: String
    /// The bucket's region; nil if `findRegion` has to be asked.
    public var region: String?
    /// Finds the region where none is set, once, before the first request.
    public var findRegion: (@Sendable () async throws(AWSError) -> String)?
    /// A server other than AWS's.
    public var endpoint: Endpoint?
    /// Which of AWS's own addresses are used.
    public var variant = EndpointVariant()
    /// How the bucket is addressed.
    public var addressing = Addressing.automatic
    /// How objects are encrypted.
    public var encryption = ServerSideEncryption.none
    /// The account that must own the bucket, by its number; S3 refuses every request if another does.
    public var expectedOwner: String?
    /// The tags of every object.
    public var tags = ObjectTags.none
    /// The storage class of every object; the bucket's own way unless set.
    public var storageClass: StorageClass?
    /// How often and when a request is tried again.
    public var retry = RetryPolicy()
    /// From this size on an object is written in parts.
    ///
    /// Defaults to 16 MiB.
    public var multipartThreshold = 16 << 20
    /// The size of a part, more if the object would need over 10,000 of them.
    ///
    /// Defaults to 16 MiB; at least 5 MiB.
    public var partSize = 16 << 20
    /// How many parts of an object travel at once.
    ///
    /// Defaults to 4.
    public var partsAtOnce = 4

    /// Makes a configuration with the defaults.
    public init(bucket: String, prefix: String = "", region: String?, endpoint: Endpoint? = nil) {
        self.bucket = bucket
        self.prefix = prefix
        self.region = region
        self.endpoint = endpoint
    }

    /// The bucket and the prefix, as a URL.
    var location: String { prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)" }

    /// Whether the bucket stands in the path of URLs.
    var usesPath: Bool {
        switch addressing {
        case .path: true
        case .host: false
        case .automatic: endpoint != nil || !Self.isHostLabel(bucket)
        }
    }

    /// The server of a region.
    func endpoint(region: String) -> Endpoint {
        if let endpoint { return usesPath ? endpoint : endpoint.prefixed(by: bucket) }
        let host = AWSService.s3.host(region: region, variant)
        return Endpoint(host: usesPath ? host : "\(bucket).\(host)")
    }

    /// A certificate for `*.s3.…` covers one label: lower case letters, digits and hyphens, no dots.
    private static func isHostLabel(_ bucket: String) -> Bool {
        bucket.utf8.count <= 63 && !bucket.hasPrefix("-") && !bucket.hasSuffix("-")
            && bucket.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
}

public import AWS
public import HTTP

/// Objects in an S3 bucket, or on a server that speaks S3.
///
/// - One `PUT` below 16 MiB, a multipart upload from there on; a reader never sees a part.
/// - Every body goes with its CRC-32C. Over plain HTTP it is also signed by its SHA-256.
/// - Conditional writes use `If-None-Match` and `If-Match`. Each write carries a random mark in its metadata
///   (`x-amz-meta-sluice-write`), by which a refusal that follows a lost success is told from another's write.
/// - A request is repeated as `RetryPolicy` says; a body is read again from its source for that.
/// - Redirects are not followed. A region named by the server is signed for, on the host that we derive from it.
public final class S3Store: ObjectStore {
    let configuration: S3Configuration
    let client: AWSClient
    let pool: BlockingPool

    /// The largest answer to `get` kept in memory at once.
    static let readLimit = 1 << 30
    /// A page of a listing, with keys of 1,024 bytes that are all escaped.
    static let documentLimit = 8 << 20

    /// Makes a store; nothing is sent yet.
    public init(
        _ configuration: S3Configuration,
        http: HTTPClient,
        credentials: any CredentialsProvider
    ) throws(ObjectStorageError) {
        self.configuration = configuration
        var client = AWSClient.Configuration(service: "s3", region: configuration.region) { region in
            configuration.endpoint(region: region)
        }
        client.retry = configuration.retry
        if let findRegion = configuration.findRegion { client.findRegion = findRegion }
        if let owner = configuration.expectedOwner { client.headers.add("x-amz-expected-bucket-owner", owner) }
        self.client = AWSClient(client, http: http, credentials: credentials)
        do {
            pool = try BlockingPool(width: 2)
        } catch {
            throw error.error("cannot start threads for", configuration.location, root: "")
        }
    }

    /// The bucket and the prefix.
    public var location: String { configuration.location }

    /// The region that requests are signed for, as far as it is known: the one that is set, or the one that the server
    /// has named instead.
    public var region: String? { client.region }

    /// The server's time minus this machine's in seconds, as of the last answer; nil before one has said it.
    public var clockDifference: Int64? { client.clockDifference }

    /// Asks for an object's headers.
    public func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? {
        try ObjectKey.check(key)
        guard let headers = try await headers(of: key) else { return nil }
        return try info(key, headers)
    }

    /// Reads an object or a part of it.
    public func get(
        _ key: String,
        range: Range<Int>?,
        version: ObjectVersion?
    ) async throws(ObjectStorageError) -> [UInt8] {
        try ObjectKey.check(key)
        guard range?.count ?? 0 <= Self.readLimit else {
            throw ObjectStorageError(.tooLarge, "\(location)/\(key): more than 1 GiB was wanted at once")
        }
        if let range, range.isEmpty { return try await readNothing(key, range, version) }
        var request = ServiceRequest(method: "GET", target: target(key))
        if let range { request.headers.add("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)") }
        if let version { request.headers.add("If-Match", quoted(version)) }
        request.sink = .memory(limit: range?.count ?? Self.readLimit)
        let response = try await send(request, S3Action(.getObject, key))
        if let range, response.body.count != range.count {
            // The server answers with what there is when a range reaches beyond the end.
            throw S3Action(.getObject, key).invalidRange(self)
        }
        return response.body
    }

    /// There is no way to ask for no bytes, but the object and the version must be there all the same.
    private func readNothing(
        _ key: String,
        _ range: Range<Int>,
        _ version: ObjectVersion?
    ) async throws(ObjectStorageError) -> [UInt8] {
        guard let info = try await head(key) else {
            throw ObjectStorageError(.notFound, "\(location)/\(key) does not exist")
        }
        if let version, version != info.version { throw S3Action(.getObject, key).conflict(self) }
        guard range.lowerBound >= 0, range.upperBound <= info.byteCount else {
            throw S3Action(.getObject, key).invalidRange(self)
        }
        return []
    }

    // MARK: - Requests

    /// The key as it stands in the bucket.
    func fullKey(_ key: String) -> String {
        configuration.prefix.isEmpty ? key : "\(configuration.prefix)/\(key)"
    }

    /// The URL path and query of an object.
    func target(_ key: String, query: [(name: String, value: String)] = []) -> RequestTarget {
        let bucket = configuration.usesPath ? "/\(configuration.bucket)" : ""
        return RequestTarget(path: "\(bucket)/\(fullKey(key))", query: query)
    }

    /// The URL path and query of the bucket itself.
    func bucketTarget(query: [(name: String, value: String)]) -> RequestTarget {
        RequestTarget(path: configuration.usesPath ? "/\(configuration.bucket)" : "/", query: query)
    }

    func send(
        _ request: ServiceRequest,
        _ action: S3Action,
        inspect: (HTTPResponse) -> ServiceFailure? = { _ in nil }
    ) async throws(ObjectStorageError) -> HTTPResponse {
        do {
            return try await client.send(request, inspect: inspect)
        } catch {
            throw action.error(error, self)
        }
    }

    /// The headers of an object, or nil when it is absent.
    func headers(of key: String) async throws(ObjectStorageError) -> HTTPHeaders? {
        do {
            return try await client.send(ServiceRequest(method: "HEAD", target: target(key))).headers
        } catch {
            if error.failure?.status == 404 { return nil }
            throw S3Action(.headObject, key).error(error, self)
        }
    }

    func info(_ key: String, _ headers: HTTPHeaders) throws(ObjectStorageError) -> ObjectInfo {
        guard let length = headers["content-length"].flatMap(Int.init), let tag = headers["etag"] else {
            throw ObjectStorageError(.rejected, "\(location)/\(key): the answer to HEAD has no length or no ETag")
        }
        let modified = headers["last-modified"].flatMap(Timestamp.init(httpDate:))
        return ObjectInfo(
            key: key,
            byteCount: length,
            version: version(tag: tag),
            modified: modified?.seconds ?? 0
        )
    }

    /// The version of an ETag, which some answers put in quotes and others do not.
    func version(tag: String) -> ObjectVersion {
        ObjectVersion(
            tag.count > 1 && tag.hasPrefix("\"") && tag.hasSuffix("\"") ? String(tag.dropFirst().dropLast()) : tag
        )
    }

    func quoted(_ version: ObjectVersion) -> String { "\"\(version.text)\"" }
}

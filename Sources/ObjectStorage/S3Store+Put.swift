import AWS
import Bytes
import HTTP

extension S3Store {
    /// Writes an object, in one request or in parts.
    public func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion {
        try ObjectKey.check(key)
        let write = S3Write(key: key, condition: condition)
        let payload = try await pool.run { () throws(ObjectStorageError) in try S3Payload(body) }
        let version =
            payload.byteCount < configuration.multipartThreshold
            ? try await putWhole(payload, write) : try await putParts(payload, write)
        if let path = body.consumedPath { await pool.run { OpenFile.remove(path) } }
        return version
    }

    func putWhole(_ payload: S3Payload, _ write: S3Write) async throws(ObjectStorageError) -> ObjectVersion {
        let range = 0..<payload.byteCount
        let digest = try await digest(payload, range)
        var request = ServiceRequest(method: "PUT", target: target(write.key))
        addCreationHeaders(&request, write)
        addCondition(&request, write.condition)
        request.headers.add("x-amz-checksum-crc32c", digest.checksum.base64)
        request.body = payload.body(range)
        request.payloadHash = digest.payloadHash
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            return try await settle(error, write, S3Action(.putObject, write.key))
        }
        try verifyChecksum(response, digest.checksum, write.key)
        guard let tag = response.headers["etag"] else {
            throw ObjectStorageError(.rejected, "\(location)/\(write.key): the answer to PUT has no ETag")
        }
        return version(tag: tag)
    }

    // MARK: - Shared with multipart uploads

    /// Computes what a request says about its body; files are read on the pool.
    func digest(_ payload: S3Payload, _ range: Range<Int>) async throws(ObjectStorageError) -> S3Payload.Digest {
        let isSecure = client.isSecure
        return try await pool.run { () throws(ObjectStorageError) in
            try payload.digest(range, isSecure: isSecure)
        }
    }

    func addCreationHeaders(_ request: inout ServiceRequest, _ write: S3Write) {
        request.headers.add("Content-Type", write.contentType)
        request.headers.add(S3Write.markHeader, write.mark)
        for header in configuration.encryption.headers { request.headers.add(header.name, header.value) }
        if let tags = configuration.tags.header { request.headers.add("x-amz-tagging", tags) }
        if let storageClass = configuration.storageClass {
            request.headers.add("x-amz-storage-class", storageClass.rawValue)
        }
    }

    func addCondition(_ request: inout ServiceRequest, _ condition: WriteCondition) {
        switch condition {
        case .none: break
        case .ifAbsent: request.headers.add("If-None-Match", "*")
        case .ifAbsentUntil(let end):
            request.headers.add("If-None-Match", "*")
            request.latestStart = end
            request.timeouts.total = WriteCondition.longestRequest
        case .ifMatches(let version): request.headers.add("If-Match", quoted(version))
        }
    }

    /// Decides what a refused write means.
    ///
    /// An earlier attempt whose answer was lost may have done the write, and then the condition no longer holds: the
    /// object's mark tells. An absent object has no version that a condition could name.
    func settle(
        _ error: AWSError,
        _ write: S3Write,
        _ action: S3Action
    ) async throws(ObjectStorageError) -> ObjectVersion {
        guard let failure = error.failure, [304, 404, 412].contains(failure.status), failure.code != "NoSuchBucket"
        else { throw action.error(error, self) }
        guard let headers = try await headers(of: write.key) else {
            if failure.code == "NoSuchUpload" { throw action.error(error, self) }
            throw action.conflict(self)
        }
        if headers[S3Write.markHeader] == write.mark { return try info(write.key, headers).version }
        if failure.code == "NoSuchUpload" { throw action.error(error, self) }
        throw action.conflict(self)
    }

    /// Compares the checksum that the server computed, where it says it, with ours.
    func verifyChecksum(
        _ response: HTTPResponse,
        _ checksum: CRC32C,
        _ key: String
    ) throws(ObjectStorageError) {
        guard let echo = response.headers["x-amz-checksum-crc32c"], echo != checksum.base64 else { return }
        throw ObjectStorageError(
            .corrupted,
            "\(location)/\(key): the server computed another checksum (\(echo)) than we did (\(checksum.base64))",
            isTransient: true
        )
    }
}

/// What all requests of one write have in common.
struct S3Write: Sendable {
    /// Where the mark is kept.
    static let markHeader = "x-amz-meta-sluice-write"

    let key: String
    let condition: WriteCondition
    /// Tells this write from every other.
    let mark: String

    init(key: String, condition: WriteCondition) {
        self.key = key
        self.condition = condition
        mark = Hexadecimal.string((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    var contentType: String {
        if key.hasSuffix(".parquet") { return "application/vnd.apache.parquet" }
        if key.hasSuffix(".json") { return "application/json" }
        return "application/octet-stream"
    }
}

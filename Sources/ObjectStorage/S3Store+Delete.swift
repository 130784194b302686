import AWS
import HTTP

extension S3Store {
    /// Of S3, for one request.
    private static let deletionLimit = 1000

    /// Removes an object.
    public func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError) {
        try ObjectKey.check(key)
        var request = ServiceRequest(method: "DELETE", target: target(key))
        if let version { request.headers.add("If-Match", quoted(version)) }
        let action = S3Action(.deleteObject, key)
        do {
            _ = try await client.send(request)
        } catch {
            guard let failure = error.failure, [404, 412].contains(failure.status), failure.code != "NoSuchBucket"
            else { throw action.error(error, self) }
            // Absent, perhaps by an earlier attempt of our own, is what was wanted.
            guard failure.status == 412, try await headers(of: key) != nil else { return }
            throw action.conflict(self)
        }
    }

    /// Removes objects, a thousand with each request.
    public func delete(_ keys: [String]) async throws(ObjectStorageError) {
        for key in keys { try ObjectKey.check(key) }
        for start in stride(from: 0, to: keys.count, by: Self.deletionLimit) {
            try await deleteBatch(keys[start..<min(start + Self.deletionLimit, keys.count)])
        }
    }

    private func deleteBatch(_ keys: ArraySlice<String>) async throws(ObjectStorageError) {
        let listed = keys.map { "<Object><Key>\(XMLText.escape(fullKey($0)))</Key></Object>" }.joined()
        let document = XMLText.document("Delete", "<Quiet>true</Quiet>\(listed)")
        var request = ServiceRequest(method: "POST", target: bucketTarget(query: [("delete", "")]))
        try document.attach(to: &request)
        request.headers.add("x-amz-checksum-crc32c", CRC32C.checksum(document.bytes).base64)
        let response = try await send(request, S3Action(.deleteObject, keys.first ?? ""))
        // Failures of single keys come with status 200.
        guard let root = try? XMLElement.parse(response.body, sizeLimit: Self.documentLimit),
            let failed = root.children.first(where: { $0.name == "Error" && $0["Code"]?.text != "NoSuchKey" })
        else { return }
        let key = failed["Key"]?.text ?? ""
        let code = failed["Code"]?.text ?? "an error without a code"
        throw ObjectStorageError(
            code == "AccessDenied" ? .accessDenied : .rejected,
            "s3://\(configuration.bucket)/\(key) cannot be removed: \(code)",
            remedy: code == "AccessDenied" ? S3Action(.deleteObject, key).permissionRemedy(self) : nil,
            isTransient: code == "InternalError" || code == "SlowDown"
        )
    }
}

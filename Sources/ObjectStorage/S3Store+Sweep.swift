import AWS
import HTTP

extension S3Store {
    /// An upload older than this belongs to no process that is still at it, in seconds.
    private static let uploadLifetime: Int64 = 24 * 3600

    /// Aborts multipart uploads below the prefix that were begun more than a day ago.
    public func sweepLeftovers() async throws(ObjectStorageError) -> Int {
        var count = 0
        var position: [(name: String, value: String)] = []
        while true {
            let query = [(name: "uploads", value: ""), (name: "prefix", value: fullKey(""))] + position
            let request = ServiceRequest(method: "GET", target: bucketTarget(query: query))
            let response = try await send(request, S3Action(.listMultipartUploads, ""))
            let root: XMLElement
            do {
                root = try XMLElement.parse(response.body, sizeLimit: Self.documentLimit)
            } catch {
                throw ObjectStorageError(.rejected, "\(location): \(error)", underlying: error)
            }
            for upload in root.children where upload.name == "Upload" { count += await abortIfOld(upload) ? 1 : 0 }
            let next = [
                (name: "key-marker", value: root["NextKeyMarker"]?.text ?? ""),
                (name: "upload-id-marker", value: root["NextUploadIdMarker"]?.text ?? ""),
            ]
            guard root["IsTruncated"]?.text == "true", !next[0].value.isEmpty,
                !position.elementsEqual(next, by: ==)
            else { return count }
            position = next
        }
    }

    private func abortIfOld(_ upload: XMLElement) async -> Bool {
        guard let full = upload["Key"]?.text, let id = upload["UploadId"]?.text,
            full.utf8.starts(with: fullKey("").utf8),
            let begun = upload["Initiated"].flatMap({ Timestamp(iso8601: $0.text) }),
            Timestamp.now.seconds - begun.seconds > Self.uploadLifetime
        else { return false }
        let bucket = configuration.usesPath ? "/\(configuration.bucket)" : ""
        let target = RequestTarget(path: "\(bucket)/\(full)", query: [("uploadId", id)])
        return (try? await client.send(ServiceRequest(method: "DELETE", target: target))) != nil
    }
}

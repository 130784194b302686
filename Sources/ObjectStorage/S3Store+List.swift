import AWS
import HTTP

extension S3Store {
    /// Lists a page of objects.
    public func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage {
        var query = [
            (name: "list-type", value: "2"), (name: "encoding-type", value: "url"), (name: "max-keys", value: "1000"),
            (name: "prefix", value: fullKey(prefix)),
        ]
        var former: String?
        switch cursor?.position {
        case .token(let token):
            former = token
            query.append((name: "continuation-token", value: token))
        case .key(let key): query.append((name: "start-after", value: fullKey(key)))
        case nil: break
        }
        var request = ServiceRequest(method: "GET", target: bucketTarget(query: query))
        request.sink = .memory(limit: Self.documentLimit)
        let action = S3Action(.listBucket, prefix)
        let response = try await send(request, action)
        do {
            let root = try XMLElement.parse(response.body, sizeLimit: Self.documentLimit)
            guard root.name == "ListBucketResult" else { throw AWSError(.invalidResponse, detail: "not a listing") }
            let isEncoded = root["EncodingType"]?.text == "url"
            let objects = try root.children.lazy.filter { $0.name == "Contents" }.compactMap {
                try self.object($0, isEncoded: isEncoded)
            }
            guard root["IsTruncated"]?.text == "true" else { return ObjectPage(objects: Array(objects), next: nil) }
            guard let token = root["NextContinuationToken"]?.text, !token.isEmpty, token != former else {
                throw AWSError(.invalidResponse, detail: "a listing goes on without saying where")
            }
            return ObjectPage(objects: Array(objects), next: ListingCursor(token: token))
        } catch {
            throw ObjectStorageError(.rejected, "\(location): \(error)", underlying: error)
        }
    }

    /// Reads an entry; nil for one that is not an object of this store: a directory mark, or reserved.
    private func object(_ entry: XMLElement, isEncoded: Bool) throws(AWSError) -> ObjectInfo? {
        guard let text = entry["Key"]?.text, let size = entry["Size"].flatMap({ Int($0.text) }),
            let tag = entry["ETag"]?.text, let full = isEncoded ? PercentEncoding.decode(text, plusIsSpace: true) : text
        else { throw AWSError(.invalidResponse, detail: "a listing has an entry without key, size or ETag") }
        let start = fullKey("")
        guard full.utf8.starts(with: start.utf8) else { return nil }
        let key = String(full.unicodeScalars.dropFirst(start.unicodeScalars.count))
        guard (try? ObjectKey.check(key)) != nil else { return nil }
        let modified = entry["LastModified"].flatMap { Timestamp(iso8601: $0.text) }
        return ObjectInfo(key: key, byteCount: size, version: version(tag: tag), modified: modified?.seconds ?? 0)
    }
}

import AWS
import HTTP

/// A multipart upload that has begun.
struct S3Upload: Sendable {
    let id: String
    let write: S3Write
}

/// A part that the server has.
struct S3Part: Sendable {
    let number: Int
    let byteCount: Int
    let tag: String
    /// Its CRC-32C; nil if the server, which alone has seen the bytes of a copy, does not say it.
    let checksum: String?
}

extension S3Store {
    /// Of S3.
    static let partLimit = 10_000
    /// Of S3: 5 MiB.
    static let smallestPart = 5 << 20
    /// Of S3: 5 GiB.
    static let largestPart = 5 << 30
    /// S3 may think for minutes before it answers a completion or a copy, and sends nothing but white space meanwhile.
    private static let completionStall = Duration.seconds(600)

    /// Writes an object in parts.
    func putParts(_ payload: S3Payload, _ write: S3Write) async throws(ObjectStorageError) -> ObjectVersion {
        let partSize = try Self.partSize(for: payload.byteCount, atLeast: configuration.partSize)
        let starts = Array(stride(from: 0, to: payload.byteCount, by: partSize))
        return try await upload(write) { (upload) async throws(ObjectStorageError) in
            try await self.concurrently(starts.count, atOnce: self.configuration.partsAtOnce) {
                (index) async throws(ObjectStorageError) in
                let range = starts[index]..<min(starts[index] + partSize, payload.byteCount)
                return try await self.sendPart(index + 1, payload, range, upload)
            }
        }
    }

    /// The configured size, or as much more, in whole MiB, as keeps to the limit of parts.
    static func partSize(for byteCount: Int, atLeast configured: Int) throws(ObjectStorageError) -> Int {
        let needed = (byteCount + partLimit - 1) / partLimit
        let mebibyte = 1 << 20
        let rounded = (needed + mebibyte - 1) / mebibyte * mebibyte
        let size = max(configured, smallestPart, rounded)
        guard size <= largestPart else {
            throw ObjectStorageError(.tooLarge, "S3 takes no object of \(byteCount) bytes")
        }
        return size
    }

    /// Begins an upload and completes it with the parts that `send` makes; nothing is visible before all of them are
    /// there, nothing remains if one fails.
    func upload(
        _ write: S3Write,
        _ send: (S3Upload) async throws(ObjectStorageError) -> [S3Part]
    ) async throws(ObjectStorageError) -> ObjectVersion {
        let upload = try await createUpload(write)
        do {
            return try await complete(upload, try await send(upload))
        } catch {
            // A task of its own, because the parts would be paid for although this task has been cancelled.
            await Task { await self.abort(upload) }.value
            throw error
        }
    }

    /// Does a number of things, a few at once; the first failure ends the others.
    func concurrently<Value: Sendable>(
        _ count: Int,
        atOnce: Int,
        _ work: @escaping @Sendable (Int) async throws(ObjectStorageError) -> Value
    ) async throws(ObjectStorageError) -> [Value] {
        let outcome = await withTaskGroup(of: (Int, Result<Value, ObjectStorageError>).self) { group in
            var next = 0
            var values = [Value?](repeating: nil, count: count)
            func addNext() {
                guard next < count else { return }
                let index = next
                next += 1
                group.addTask {
                    do throws(ObjectStorageError) {
                        return (index, .success(try await work(index)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, atOnce) { addNext() }
            for await (index, result) in group {
                switch result {
                case .success(let value):
                    values[index] = value
                    addNext()
                case .failure(let error):
                    group.cancelAll()
                    return Result<[Value], ObjectStorageError>.failure(error)
                }
            }
            return .success(values.compactMap { $0 })
        }
        return try outcome.get()
    }

    private func createUpload(_ write: S3Write) async throws(ObjectStorageError) -> S3Upload {
        var request = ServiceRequest(method: "POST", target: target(write.key, query: [("uploads", "")]))
        addCreationHeaders(&request, write)
        request.headers.add("x-amz-checksum-algorithm", "CRC32C")
        let action = S3Action(.createMultipartUpload, write.key)
        let response = try await send(request, action)
        guard let root = try? XMLElement.parse(response.body, sizeLimit: HTTPClient.errorBodyLimit),
            let id = root["UploadId"]?.text, !id.isEmpty
        else {
            throw ObjectStorageError(.rejected, "\(location)/\(write.key): the server began an upload without an id")
        }
        return S3Upload(id: id, write: write)
    }

    // MARK: - Parts

    /// Sends a range of a payload.
    func sendPart(
        _ number: Int,
        _ payload: S3Payload,
        _ range: Range<Int>,
        _ upload: S3Upload
    ) async throws(ObjectStorageError) -> S3Part {
        let digest = try await digest(payload, range)
        var request = partRequest(number, upload)
        request.headers.add("Content-Type", "application/octet-stream")
        request.headers.add("x-amz-checksum-crc32c", digest.checksum.base64)
        request.body = payload.body(range)
        request.payloadHash = digest.payloadHash
        let key = upload.write.key
        let response = try await send(request, S3Action(.uploadPart, key))
        try verifyChecksum(response, digest.checksum, key)
        guard let tag = response.headers["etag"] else {
            throw ObjectStorageError(.rejected, "\(location)/\(key): the answer to part \(number) has no ETag")
        }
        return S3Part(
            number: number,
            byteCount: range.count,
            tag: version(tag: tag).text,
            checksum: digest.checksum.base64
        )
    }

    /// Has the server copy a range of the object that the upload replaces, if it still has the version.
    func copyPart(
        _ number: Int,
        _ range: Range<Int>,
        of version: ObjectVersion,
        _ upload: S3Upload
    ) async throws(ObjectStorageError) -> S3Part {
        let key = upload.write.key
        var request = partRequest(number, upload)
        let source = PercentEncoding.encodePath("\(configuration.bucket)/\(fullKey(key))")
        request.headers.add("x-amz-copy-source", source)
        request.headers.add("x-amz-copy-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        request.headers.add("x-amz-copy-source-if-match", quoted(version))
        if let owner = configuration.expectedOwner { request.headers.add("x-amz-source-expected-bucket-owner", owner) }
        request.timeouts.stall = Self.completionStall
        var copied: S3Part?
        _ = try await send(request, S3Action(.uploadPartCopy, key)) { response in
            guard let root = Self.outcome(response), let tag = root["ETag"]?.text, !tag.isEmpty else {
                return Self.hiddenFailure(response)
            }
            copied = S3Part(
                number: number,
                byteCount: range.count,
                tag: self.version(tag: tag).text,
                checksum: root["ChecksumCRC32C"]?.text
            )
            return nil
        }
        guard let copied else {
            throw ObjectStorageError(.rejected, "\(location)/\(key): the answer to part \(number) has no ETag")
        }
        return copied
    }

    private func partRequest(_ number: Int, _ upload: S3Upload) -> ServiceRequest {
        let query = [(name: "partNumber", value: "\(number)"), (name: "uploadId", value: upload.id)]
        return ServiceRequest(method: "PUT", target: target(upload.write.key, query: query))
    }

    // MARK: - The end

    private func complete(
        _ upload: S3Upload,
        _ parts: [S3Part]
    ) async throws(ObjectStorageError) -> ObjectVersion {
        let write = upload.write
        var request = ServiceRequest(method: "POST", target: target(write.key, query: [("uploadId", upload.id)]))
        addCondition(&request, write.condition)
        // S3 refuses parts that are not as long as we believe, of which only those we sent have a checksum of ours.
        request.headers.add("x-amz-mp-object-size", "\(parts.reduce(0) { $0 + $1.byteCount })")
        let listed = parts.map { part in
            let checksum = part.checksum.map { "<ChecksumCRC32C>\(XMLText.escape($0))</ChecksumCRC32C>" } ?? ""
            return "<Part><PartNumber>\(part.number)</PartNumber><ETag>\"\(XMLText.escape(part.tag))\"</ETag>"
                + "\(checksum)</Part>"
        }
        try XMLText.document("CompleteMultipartUpload", listed.joined()).attach(to: &request)
        request.timeouts.stall = Self.completionStall
        var tag: String?
        do {
            _ = try await client.send(request) { response in
                tag = Self.outcome(response)?["ETag"]?.text
                return tag == nil ? Self.hiddenFailure(response) : nil
            }
        } catch {
            return try await settle(error, write, S3Action(.completeMultipartUpload, write.key))
        }
        return version(tag: tag ?? "")
    }

    /// The document of a request whose status of 200 is sent before the outcome is known; nil if it tells of an error.
    private static func outcome(_ response: HTTPResponse) -> XMLElement? {
        let root = try? XMLElement.parse(response.body, sizeLimit: HTTPClient.errorBodyLimit)
        return root?.name == "Error" ? nil : root
    }

    /// The failure inside a success, with the status that its code has elsewhere.
    private static func hiddenFailure(_ response: HTTPResponse) -> ServiceFailure {
        let failure = ServiceFailure(xml: response, status: 500)
        switch failure.code {
        case "PreconditionFailed": return ServiceFailure(xml: response, status: 412)
        case "NoSuchKey", "NoSuchUpload": return ServiceFailure(xml: response, status: 404)
        case "AccessDenied": return ServiceFailure(xml: response, status: 403)
        case "InvalidRange": return ServiceFailure(xml: response, status: 416)
        default: return failure
        }
    }

    /// Best effort: what cannot be removed now is swept later.
    private func abort(_ upload: S3Upload) async {
        let target = target(upload.write.key, query: [("uploadId", upload.id)])
        _ = try? await client.send(ServiceRequest(method: "DELETE", target: target))
    }
}

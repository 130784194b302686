import AWS
import HTTP

extension S3Store {
    /// Of S3.
    private static let partLimit = 10_000
    private static let smallestPart = 5 << 20
    /// Of S3: 5 GiB.
    private static let largestPart = 5 << 30
    /// S3 may think for minutes before it answers a completion, and sends nothing but white space meanwhile.
    private static let completionStall = Duration.seconds(600)

    private struct Part: Sendable {
        let number: Int
        let tag: String
        let checksum: String
    }

    /// Writes an object in parts; nothing is visible before all of them are there, nothing remains if one fails.
    func putParts(_ payload: S3Payload, _ write: S3Write) async throws(ObjectStorageError) -> ObjectVersion {
        let partSize = try Self.partSize(for: payload.byteCount, atLeast: configuration.partSize)
        let upload = try await createUpload(write)
        do {
            let parts = try await sendParts(payload, write, upload, partSize)
            return try await complete(upload, parts, write)
        } catch {
            // A task of its own, because the parts would be paid for although this task has been cancelled.
            await Task { await self.abort(upload, write.key) }.value
            throw error
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

    private func createUpload(_ write: S3Write) async throws(ObjectStorageError) -> String {
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
        return id
    }

    /// Sends all parts, a few at once; the first failure ends the others.
    private func sendParts(
        _ payload: S3Payload,
        _ write: S3Write,
        _ upload: String,
        _ partSize: Int
    ) async throws(ObjectStorageError) -> [Part] {
        let starts = Array(stride(from: 0, to: payload.byteCount, by: partSize))
        let outcome = await withTaskGroup(of: Result<Part, ObjectStorageError>.self) { group in
            var next = 0
            var parts: [Part] = []
            func addNext() {
                guard next < starts.count else { return }
                let number = next + 1
                let range = starts[next]..<min(starts[next] + partSize, payload.byteCount)
                next += 1
                group.addTask {
                    do throws(ObjectStorageError) {
                        return .success(try await self.sendPart(number, payload, range, write, upload))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for _ in 0..<max(1, configuration.partsAtOnce) { addNext() }
            for await result in group {
                switch result {
                case .success(let part):
                    parts.append(part)
                    addNext()
                case .failure(let error):
                    group.cancelAll()
                    return Result<[Part], ObjectStorageError>.failure(error)
                }
            }
            return .success(parts.sorted { $0.number < $1.number })
        }
        return try outcome.get()
    }

    private func sendPart(
        _ number: Int,
        _ payload: S3Payload,
        _ range: Range<Int>,
        _ write: S3Write,
        _ upload: String
    ) async throws(ObjectStorageError) -> Part {
        let digest = try await digest(payload, range)
        let query = [(name: "partNumber", value: "\(number)"), (name: "uploadId", value: upload)]
        var request = ServiceRequest(method: "PUT", target: target(write.key, query: query))
        request.headers.add("Content-Type", "application/octet-stream")
        request.headers.add("x-amz-checksum-crc32c", digest.checksum.base64)
        request.body = payload.body(range)
        request.payloadHash = digest.payloadHash
        let response = try await send(request, S3Action(.uploadPart, write.key))
        try verifyChecksum(response, digest.checksum, write.key)
        guard let tag = response.headers["etag"] else {
            throw ObjectStorageError(.rejected, "\(location)/\(write.key): the answer to part \(number) has no ETag")
        }
        return Part(number: number, tag: version(tag: tag).text, checksum: digest.checksum.base64)
    }

    private func complete(
        _ upload: String,
        _ parts: [Part],
        _ write: S3Write
    ) async throws(ObjectStorageError) -> ObjectVersion {
        var request = ServiceRequest(method: "POST", target: target(write.key, query: [("uploadId", upload)]))
        addCondition(&request, write.condition)
        let listed = parts.map { part in
            "<Part><PartNumber>\(part.number)</PartNumber><ETag>\"\(XMLText.escape(part.tag))\"</ETag>"
                + "<ChecksumCRC32C>\(part.checksum)</ChecksumCRC32C></Part>"
        }
        try XMLText.document("CompleteMultipartUpload", listed.joined()).attach(to: &request)
        request.timeouts.stall = Self.completionStall
        var tag: String?
        do {
            let response = try await client.send(request) { response in
                // A status of 200 is sent before the outcome is known; only the document tells.
                let root = try? XMLElement.parse(response.body, sizeLimit: HTTPClient.errorBodyLimit)
                tag = root?.name == "Error" ? nil : root?["ETag"]?.text
                return tag == nil ? ServiceFailure(xml: response, status: 500) : nil
            }
            _ = response
        } catch {
            return try await settle(error, write, S3Action(.completeMultipartUpload, write.key))
        }
        return version(tag: tag ?? "")
    }

    /// Best effort: what cannot be removed now is swept later.
    private func abort(_ upload: String, _ key: String) async {
        let request = ServiceRequest(method: "DELETE", target: target(key, query: [("uploadId", upload)]))
        _ = try? await client.send(request)
    }
}

import ObjectStorage
import TestSupport
import Testing

@Suite
struct S3ReplaceFaultTests {
    /// A tiny head, a large range, more than a part of new bytes, a large range, a tiny end.
    private static let pieces: [ObjectPiece] = [
        .bytes([1, 2, 3, 4]), .copy(4..<(11 << 20)), .bytes([UInt8](repeating: 7, count: 6 << 20)),
        .copy((12 << 20)..<(20 << 20)), .bytes([9]),
    ]
    private let uploads = UploadServer()

    private func replace(_ server: FaultServer, _ pieces: [ObjectPiece] = Self.pieces) async throws -> Replacement {
        let store = try store(on: server) { configuration in
            configuration.partSize = 6 << 20
            configuration.encryption = .managed
        }
        return try await store.replace("day=1/a b", version: .init("old"), with: pieces)
    }

    private static func isCopy(_ request: FaultRequest) -> Bool { request["x-amz-copy-source"] != nil }

    private static func isCompletion(_ request: FaultRequest) -> Bool {
        request.method == "POST" && request.target.contains("uploadId")
    }

    private static func aborts(_ server: FaultServer) -> Int { server.requests.count { $0.method == "DELETE" } }

    /// The replacement fails, and its upload is aborted and not completed.
    private func failure(_ server: FaultServer) async throws -> ObjectStorageError {
        let error = try #require(
            await #expect(throws: ObjectStorageError.self) { _ = try await replace(server) }
        )
        #expect(Self.aborts(server) == 1)
        #expect(!server.requests.contains(where: Self.isCompletion))
        return error
    }

    @Test
    func `what stays is copied, what is too short for a part is read, and all with the condition`() async throws {
        let server = try uploads.start()
        let done = try await replace(server)
        let requests = server.requests
        #expect(done.version.text == "whole-3")
        let creation = try #require(requests.first)
        #expect(creation["x-amz-checksum-algorithm"] == "CRC32C")
        #expect(creation["x-amz-server-side-encryption"] == "AES256")

        let fetch = try #require(requests.first { $0.method == "GET" })
        #expect(fetch["range"] == "bytes=4-\((5 << 20) - 1)")
        #expect(fetch["if-match"] == "\"old\"")

        let copies = requests.filter(Self.isCopy).sorted { $0.target < $1.target }
        #expect(copies.map { $0["x-amz-copy-source"] } == ["lake/data/day%3D1/a%20b", "lake/data/day%3D1/a%20b"])
        #expect(copies.allSatisfy { $0["x-amz-copy-source-if-match"] == "\"old\"" && $0.body.isEmpty })
        #expect(
            copies.map { $0["x-amz-copy-source-range"] }
                == ["bytes=\(5 << 20)-\((11 << 20) - 1)", "bytes=\(12 << 20)-\((20 << 20) - 1)"]
        )
        #expect(copies.allSatisfy { $0["authorization"]?.contains("x-amz-copy-source-if-match;") == true })
        #expect(uploads.partSizes == [5 << 20, 6 << 20, 1])

        let completion = try #require(requests.last)
        #expect(completion["if-match"] == "\"old\"")
        #expect(completion["x-amz-mp-object-size"] == "\((25 << 20) + 1)")
        let text = String(decoding: completion.body, as: UTF8.self)
        let numbers = text.split(separator: "<PartNumber>").dropFirst().compactMap(\.first)
        #expect(String(numbers) == "12345")
        #expect(text.contains("<ETag>\"copied\"</ETag><ChecksumCRC32C>yZRlqg==</ChecksumCRC32C>"))

        #expect(done.requestCount == requests.count)
        #expect(done.byteCount == (25 << 20) + 1)
        #expect(done.copiedByteCount == 14 << 20)
        #expect(done.fetchedByteCount == (5 << 20) - 4)
        #expect(done.sentByteCount == (11 << 20) + 1)
    }

    @Test
    func `a small object is read and put with the condition on its version`() async throws {
        let server = try FaultServer { request, _ in
            request.method == "GET" ? .status(206, [:], "56") : .status(200, ["ETag": "\"new\""])
        }
        let done = try await replace(server, [.bytes(Array("1234".utf8)), .copy(10..<12), .bytes(Array("789".utf8))])
        #expect(done.version.text == "new")
        #expect(server.requests.map(\.method) == ["GET", "PUT"])
        #expect(server.requests.map { $0["if-match"] } == ["\"old\"", "\"old\""])
        #expect(server.requests[1].body == Array("123456789".utf8))
        #expect(server.requests[1]["x-amz-checksum-crc32c"] == "4waSgw==")
        #expect(done.requestCount == 2)
        #expect(done.fetchedByteCount == 2)
    }

    @Test(
        arguments: [
            FaultReply.s3Error(412, "PreconditionFailed"), .s3Error(404, "NoSuchKey"),
            .s3Error(200, "PreconditionFailed"),
        ]
    )
    func `an object that is changed or removed meanwhile is a conflict`(reply: FaultReply) async throws {
        uploads.intercept { request, _ in request.target.contains("partNumber=4") ? reply : nil }
        let server = try uploads.start()
        #expect(try await failure(server).code == .conflict)
        #expect(server.requests.count { $0.target.contains("partNumber=4") } == 1)
    }

    @Test(arguments: [(412, "PreconditionFailed"), (404, "NoSuchKey")])
    func `so it is where bytes are read to fill a part`(status: Int, code: String) async throws {
        uploads.intercept { request, _ in request.method == "GET" ? .s3Error(status, code) : nil }
        #expect(try await failure(try uploads.start()).code == .conflict)
    }

    @Test
    func `so it is where the object is changed before the completion`() async throws {
        for status in [412, 200] {
            let uploads = UploadServer()
            uploads.intercept { request, _ in
                if request.method == "HEAD" {
                    return .head(200, ["x-amz-meta-sluice-write": "theirs", "ETag": "\"t\""])
                }
                return Self.isCompletion(request) ? .s3Error(status, "PreconditionFailed") : nil
            }
            let server = try uploads.start()
            #expect(await code { _ = try await replace(server) } == .conflict)
            #expect(Self.aborts(server) == 1)
        }
    }

    @Test(
        arguments: [
            FaultReply.s3Error(503, "SlowDown"), .s3Error(200, "InternalError"), .status(200, [:], "<CopyPartRes"),
            .status(200, [:], "<CopyPartResult></CopyPartResult>"), FaultReply(.reset),
        ]
    )
    func `a copy that fails for a while, also inside a success, is tried again`(reply: FaultReply) async throws {
        uploads.intercept(first: 2, { $0.target.contains("partNumber=2") }, reply)
        let server = try uploads.start()
        #expect(try await replace(server).version.text == "whole-3")
        #expect(server.requests.count { $0.target.contains("partNumber=2") } == 3)
        #expect(Self.aborts(server) == 0)
    }

    @Test
    func `a copy that always fails inside a success ends the replacement`() async throws {
        uploads.intercept { request, _ in Self.isCopy(request) ? .s3Error(200, "InternalError") : nil }
        let error = try await failure(try uploads.start())
        #expect(error.code == .unavailable)
        #expect(error.isTransient)
    }

    @Test
    func `a copy that is not allowed says what it takes`() async throws {
        uploads.intercept { request, _ in Self.isCopy(request) ? .s3Error(403, "AccessDenied") : nil }
        let error = try await failure(try uploads.start())
        #expect(error.code == .accessDenied)
        #expect(error.description.contains("s3:GetObject and s3:PutObject on arn:aws:s3:::lake/data/*"))
    }

    @Test
    func `a range beyond the end is told as such, in AWS's word and in others'`() async throws {
        for (status, code) in [(400, "InvalidArgument"), (416, "InvalidRange")] {
            let uploads = UploadServer()
            uploads.intercept { request, _ in Self.isCopy(request) ? .s3Error(status, code) : nil }
            #expect(try await failure(try uploads.start()).code == .invalidRange)
        }
    }

    @Test(arguments: [404, 412])
    func `a completion whose success was lost is recognised by its mark`(status: Int) async throws {
        uploads.intercept(first: 1, Self.isCompletion, FaultReply(.reset))
        uploads.intercept { request, _ in
            Self.isCompletion(request) ? .s3Error(status, status == 404 ? "NoSuchUpload" : "PreconditionFailed") : nil
        }
        let server = try uploads.start()
        #expect(try await replace(server).version.text == "landed")
        #expect(Self.aborts(server) == 0)
    }

    @Test
    func `a server that computes no checksums of copies is not told any`() async throws {
        uploads.intercept { request, _ in
            Self.isCopy(request) ? .status(200, [:], "<CopyPartResult><ETag>plain</ETag></CopyPartResult>") : nil
        }
        let server = try uploads.start()
        _ = try await replace(server)
        let text = String(decoding: try #require(server.requests.last).body, as: UTF8.self)
        #expect(text.contains("<PartNumber>2</PartNumber><ETag>\"plain\"</ETag></Part>"))
        #expect(text.split(separator: "<ChecksumCRC32C>").count == 4)
    }

    @Test
    func `cancelling a replacement aborts its upload`() async throws {
        uploads.intercept { request, _ in Self.isCopy(request) ? FaultReply(.wait(milliseconds: 600_000)) : nil }
        let server = try uploads.start()
        let task = Task { await code { _ = try await replace(server) } }
        while !server.requests.contains(where: Self.isCopy) { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(Self.aborts(server) == 1)
    }
}

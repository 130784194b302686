import AWS
import HTTP
import ObjectStorage
import Synchronization
import TestSupport
import Testing

@Suite("S3 multipart uploads on a server with faults")
struct S3MultipartFaultTests {
    private static let body = ObjectBody.segments((0..<11).map { [UInt8](repeating: UInt8($0), count: 1 << 20) })
    private let uploads = UploadServer()

    private func store(_ server: FaultServer) throws -> S3Store {
        try ObjectStorageTests.store(on: server) { configuration in
            configuration.multipartThreshold = 1 << 20
            configuration.partSize = 5 << 20
            configuration.partsAtOnce = 2
        }
    }

    private func aborts(_ server: FaultServer) -> Int {
        server.requests.count { $0.method == "DELETE" && $0.target == "/lake/data/big?uploadId=u%2F1" }
    }

    @Test("parts have the right sizes, checksums and order in the completion")
    func success() async throws {
        let server = try uploads.start()
        let version = try await store(server).put("big", Self.body, condition: .ifAbsent)
        #expect(version.text == "whole-3")
        #expect(uploads.partSizes == [5 << 20, 5 << 20, 1 << 20])
        let completion = try #require(server.requests.last)
        #expect(completion["if-none-match"] == "*")
        #expect(completion["content-type"] == "application/xml")
        #expect(completion["x-amz-mp-object-size"] == "\(11 << 20)")
        let text = String(decoding: completion.body, as: UTF8.self)
        let numbers = text.split(separator: "<PartNumber>").dropFirst().compactMap { $0.first }
        #expect(String(numbers) == "123")
        #expect(server.requests.filter { $0.method == "PUT" }.allSatisfy { $0["x-amz-checksum-crc32c"] != nil })
        #expect(aborts(server) == 0)
    }

    @Test("a part that fails for good ends the upload, and it is aborted")
    func failingPart() async throws {
        uploads.intercept { request, _ in
            request.target.contains("partNumber=2") ? .s3Error(403, "AccessDenied") : nil
        }
        let server = try uploads.start()
        #expect(await code { try await store(server).put("big", Self.body) } == .accessDenied)
        #expect(aborts(server) == 1)
        #expect(!server.requests.contains { $0.method == "POST" && $0.target.contains("uploadId") })
    }

    @Test("a part that fails once is sent again, whole")
    func retriedPart() async throws {
        let failures = Mutex(0)
        uploads.intercept { request, _ in
            guard request.target.contains("partNumber=1") else { return nil }
            let count = failures.withLock { count in
                count += 1
                return count
            }
            return count == 1 ? .s3Error(503, "SlowDown") : nil
        }
        let server = try uploads.start()
        try await store(server).put("big", Self.body)
        #expect(failures.withLock { $0 } == 2)
        #expect(uploads.partSizes == [5 << 20, 5 << 20, 1 << 20])
    }

    @Test("an error inside the success of a completion is tried again")
    func hiddenError() async throws {
        let failures = Mutex(0)
        uploads.intercept { request, _ in
            guard request.method == "POST", request.target.contains("uploadId") else { return nil }
            let count = failures.withLock { count in
                count += 1
                return count
            }
            return count == 1 ? .s3Error(200, "InternalError") : count == 2 ? .status(200, [:], "<Complete") : nil
        }
        let server = try uploads.start()
        #expect(try await store(server).put("big", Self.body).text == "whole-3")
        #expect(failures.withLock { $0 } == 3)
    }

    @Test(
        "a completion whose success was lost is recognised by its mark",
        arguments: [(404, "NoSuchUpload"), (412, "PreconditionFailed")]
    )
    func lostSuccess(status: Int, code: String) async throws {
        let failures = Mutex(0)
        uploads.intercept { request, _ in
            guard request.method == "POST", request.target.contains("uploadId") else { return nil }
            let count = failures.withLock { count in
                count += 1
                return count
            }
            return count == 1 ? FaultReply(.reset) : .s3Error(status, code)
        }
        let server = try uploads.start()
        #expect(try await store(server).put("big", Self.body, condition: .ifAbsent).text == "landed")
        #expect(aborts(server) == 0)
    }

    @Test("a completion that another writer forestalled is a conflict, and the upload is aborted")
    func conflict() async throws {
        uploads.intercept { request, _ in
            if request.method == "HEAD" { return .head(200, ["x-amz-meta-sluice-write": "theirs", "ETag": "\"t\""]) }
            guard request.method == "POST", request.target.contains("uploadId") else { return nil }
            return .s3Error(412, "PreconditionFailed")
        }
        let server = try uploads.start()
        let store = try store(server)
        #expect(await code { _ = try await store.put("big", Self.body, condition: .ifAbsent) } == .conflict)
        #expect(aborts(server) == 1)
    }

    @Test("cancelling an upload aborts it")
    func cancellation() async throws {
        uploads.intercept { request, _ in
            request.method == "PUT" ? FaultReply(.wait(milliseconds: 600_000)) : nil
        }
        let server = try uploads.start()
        let store = try store(server)
        let task = Task { await code { try await store.put("big", Self.body) } }
        while !server.requests.contains(where: { $0.method == "PUT" }) { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(aborts(server) == 1)
    }

    @Test("only uploads that are a day old and below the prefix are swept")
    func sweep() async throws {
        let listed = [
            ("data/old", "a", "2020-01-01T00:00:00.000Z"), ("other/old", "b", "2020-01-01T00:00:00.000Z"),
            ("data/new", "c", "2999-01-01T00:00:00.000Z"),
        ]
        let entries = listed.map {
            "<Upload><Key>\($0.0)</Key><UploadId>\($0.1)</UploadId><Initiated>\($0.2)</Initiated></Upload>"
        }
        uploads.intercept { request, _ in
            guard request.method == "GET" else { return nil }
            return .status(200, [:], "<ListMultipartUploadsResult>\(entries.joined())</ListMultipartUploadsResult>")
        }
        let server = try uploads.start()
        #expect(try await store(server).sweepLeftovers() == 1)
        #expect(server.requests.filter { $0.method == "DELETE" }.map(\.target) == ["/lake/data/old?uploadId=a"])
    }
}

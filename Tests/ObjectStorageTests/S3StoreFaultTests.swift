import AWS
import HTTP
import ObjectStorage
import Synchronization
import TestSupport
import Testing

/// The mark of a write, as the server saw it.
private let mark = "x-amz-meta-sluice-write"

/// Makes a store on a fault server, with short pauses.
func store(
    on server: FaultServer,
    _ change: (inout S3Configuration) -> Void = { _ in },
    credentials: (any CredentialsProvider)? = nil
) throws -> S3Store {
    var configuration = S3Configuration(
        bucket: "lake",
        prefix: "data",
        region: "us-east-1",
        endpoint: try Endpoint(url: server.origin)
    )
    configuration.retry.firstDelay = .milliseconds(2)
    configuration.retry.firstThrottledDelay = .milliseconds(2)
    change(&configuration)
    let fixed = Credentials(accessKeyID: "AK", secretAccessKey: Secret("canary"), source: "test")
    return try S3Store(
        configuration,
        http: try HTTPClient(),
        credentials: credentials ?? StaticCredentials(fixed)
    )
}

@Suite("S3 store on a server with faults")
struct S3StoreFaultTests {
    private func failure(_ operation: () async throws -> Void) async throws -> ObjectStorageError {
        try #require(await #expect(throws: ObjectStorageError.self) { try await operation() })
    }

    @Test("a put has checksum, hash, type, mark, encryption and condition")
    func request() async throws {
        let server = try FaultServer(.status(200, ["ETag": "\"e1\""]))
        let store = try store(on: server) { $0.encryption = .keyService(key: "arn:k") }
        let version = try await store.put("t/day=1/a b.parquet", bytes("123456789"), condition: .ifMatches(.init("e0")))
        #expect(version.text == "e1")
        let request = try #require(server.requests.first)
        #expect(request.method == "PUT")
        #expect(request.target == "/lake/data/t/day%3D1/a%20b.parquet")
        #expect(request["x-amz-checksum-crc32c"] == "4waSgw==")
        #expect(
            request["x-amz-content-sha256"] == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
        )
        #expect(request["content-type"] == "application/vnd.apache.parquet")
        #expect(request["if-match"] == "\"e0\"")
        #expect(request["x-amz-server-side-encryption"] == "aws:kms")
        #expect(request["x-amz-server-side-encryption-aws-kms-key-id"] == "arn:k")
        #expect(request[mark]?.count == 32)
        #expect(request["authorization"]?.contains("if-match;") == true)
    }

    @Test("a conditional put whose success was lost is recognised by its mark")
    func ownWrite() async throws {
        let server = try FaultServer { [mark] request, number in
            switch number {
            case 0: FaultReply(.reset)
            case 1: .s3Error(412, "PreconditionFailed")
            default: .head(200, [mark: request.method == "HEAD" ? Self.seen.withLock { $0 } : "", "ETag": "\"mine\""])
            }
        }
        // The mark is in the first request; the answer to HEAD repeats it.
        let recorder = Task { [mark] in
            while server.requests.isEmpty { try? await Task.sleep(for: .milliseconds(1)) }
            Self.seen.withLock { $0 = server.requests.first?[mark] ?? "" }
        }
        let version = try await store(on: server).put("checkpoint.json", bytes("{}"), condition: .ifAbsent)
        await recorder.value
        #expect(version.text == "mine")
        #expect(server.requests.map(\.method) == ["PUT", "PUT", "HEAD"])
        #expect(server.requests[0][mark] == server.requests[1][mark])
    }

    private static let seen = Mutex("")

    @Test("a conditional put that another writer forestalled is a conflict")
    func othersWrite() async throws {
        let server = try FaultServer { request, _ in
            request.method == "HEAD"
                ? .head(200, [mark: "0123", "ETag": "\"theirs\""]) : .s3Error(412, "PreconditionFailed")
        }
        let error = try await failure { _ = try await store(on: server).put("c", bytes("{}"), condition: .ifAbsent) }
        #expect(error.code == .conflict)
        #expect(error.description.contains("s3://lake/data/c"))
    }

    @Test("ifMatches on an absent object is a conflict on servers that say 404 and on those that say 412")
    func absentMatch() async throws {
        for reply in [FaultReply.s3Error(404, "NoSuchKey"), .s3Error(412, "PreconditionFailed")] {
            let server = try FaultServer { request, _ in request.method == "HEAD" ? .head(404) : reply }
            let error = try await failure {
                _ = try await store(on: server).put("c", bytes("{}"), condition: .ifMatches(.init("e")))
            }
            #expect(error.code == .conflict)
        }
    }

    @Test("a server that ignores conditions fails the probe, and the object of the probe is removed")
    func probe() async throws {
        let server = try FaultServer { request, _ in
            request.method == "DELETE" ? .status(204) : .status(200, ["ETag": "\"e\""])
        }
        let error = try await failure { try await store(on: server).probe(prefix: "_sluice/") }
        #expect(error.code == .rejected)
        #expect(error.description.contains("ignores If-None-Match"))
        #expect(server.requests.map(\.method) == ["PUT", "PUT", "DELETE"])
    }

    @Test("a server that answers 304 for 412 is understood")
    func notModified() async throws {
        let server = try FaultServer { [mark] request, _ in
            request.method == "HEAD" ? .head(200, [mark: "0123", "ETag": "\"theirs\""]) : .head(304)
        }
        let error = try await failure { _ = try await store(on: server).put("c", bytes("{}"), condition: .ifAbsent) }
        #expect(error.code == .conflict)
    }

    @Test("a missing bucket, denied access and missing credentials say what to do")
    func remedies() async throws {
        let missing = try FaultServer(.s3Error(404, "NoSuchBucket"))
        let noBucket = try await failure { try await store(on: missing).put("a", bytes("x")) }
        #expect(noBucket.code == .bucketMissing)
        #expect(noBucket.description.contains("aws s3 mb s3://lake"))
        #expect(missing.requests.count == 1)

        let forbidding = try FaultServer(.s3Error(403, "AccessDenied"))
        let denied = try await failure { try await store(on: forbidding).put("a", bytes("x")) }
        #expect(denied.code == .accessDenied)
        #expect(denied.description.contains("s3:PutObject on arn:aws:s3:::lake/data/*"))
        let unlisted = try await failure { _ = try await keys(store(on: forbidding), "t/") }
        #expect(unlisted.description.contains("s3:ListBucket on arn:aws:s3:::lake (prefix data/)"))

        let headless = try FaultServer(.head(403))
        let unseen = try await failure { _ = try await store(on: headless).head("a") }
        #expect(unseen.description.contains("s3:GetObject and s3:ListBucket"))

        let variables = ["HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"]
        let nobody = DefaultCredentials(environment: Environment(variables))
        let anonymous = try await failure {
            _ = try await store(on: missing, credentials: nobody).head("a")
        }
        #expect(anonymous.code == .noCredentials)
        #expect(anonymous.description.contains("/nonexistent/.aws/credentials: no such file"))
        #expect(anonymous.description.contains("Set AWS_ACCESS_KEY_ID"))
    }

    @Test("the right region is used when named, and told when it does not help")
    func region() async throws {
        let hint = ["x-amz-bucket-region": "eu-west-1"]
        let helpful = try FaultServer(.s3Error(301, "PermanentRedirect", hint), .status(200, ["ETag": "\"e\""]))
        let store1 = try store(on: helpful)
        try await store1.put("a", bytes("x"))
        try await store1.put("b", bytes("x"))
        #expect(helpful.requests.map { $0["authorization"]?.contains("/eu-west-1/") } == [false, true, true])

        let more = "<Region>eu-west-1</Region><Endpoint>evil.example</Endpoint>"
        let stubborn = try FaultServer(.s3Error(400, "AuthorizationHeaderMalformed", [:], more))
        let error = try await failure { try await store(on: stubborn).put("a", bytes("x")) }
        #expect(error.code == .wrongRegion)
        #expect(error.description.contains("set lake.region: eu-west-1"))
        #expect(stubborn.requests.count == 2)
    }

    @Test("an unreachable server is told with its address and may be tried later")
    func unreachable() async throws {
        let origin = try FaultServer(.status(200)).origin
        let server = try FaultServer(.status(200))
        let store = try store(on: server) { $0.endpoint = try? Endpoint(url: origin) }
        let error = try await failure { _ = try await store.head("a") }
        #expect(error.code == .unavailable)
        #expect(error.isTransient)
        #expect(error.description.contains(origin))
    }

    @Test("no secret is in an error, however it is printed")
    func secrets() async throws {
        let server = try FaultServer(.s3Error(403, "SignatureDoesNotMatch", [:], "<StringToSign>x</StringToSign>"))
        let error = try await failure { try await store(on: server).put("a", bytes("x")) }
        var text = "\(error) \(String(reflecting: error))"
        dump(error, to: &text)
        #expect(!text.contains("canary"))
    }

    @Test("a checksum that the server computed otherwise is an error")
    func checksumEcho() async throws {
        let server = try FaultServer(.status(200, ["ETag": "\"e\"", "x-amz-checksum-crc32c": "AAAAAA=="]))
        let error = try await failure { try await store(on: server).put("a", bytes("123456789")) }
        #expect(error.code == .corrupted)
    }

    @Test("a range is sent as S3 counts, and a short answer is refused")
    func ranges() async throws {
        let server = try FaultServer(.status(206, [:], "abc"))
        let store = try store(on: server)
        #expect(try await store.get("a", range: 5..<8, version: .init("e")) == Array("abc".utf8))
        #expect(server.requests.first?["range"] == "bytes=5-7")
        #expect(server.requests.first?["if-match"] == "\"e\"")
        #expect(try await failure { _ = try await store.get("a", range: 5..<9) }.code == .invalidRange)
    }
}

@Suite("S3 listings from a server that cannot be trusted")
struct S3ListingFaultTests {
    private func listing(_ entries: String, _ more: String = "") -> FaultReply {
        .status(200, [:], "<ListBucketResult><EncodingType>url</EncodingType>\(entries)\(more)</ListBucketResult>")
    }

    private func entry(_ key: String) -> String {
        "<Contents><Key>\(key)</Key><Size>1</Size><ETag>&quot;e&quot;</ETag>"
            + "<LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>"
    }

    @Test("keys are decoded, pages are followed by their tokens")
    func pages() async throws {
        let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</NextContinuationToken>"
        let server = try FaultServer(listing(entry("data/a+b%2B%C3%A9"), more), listing(entry("data/c")))
        let found = try await keys(try store(on: server), "x y")
        #expect(found == ["a b+\u{E9}", "c"])
        #expect(server.requests[0].target.contains("prefix=data%2Fx%20y"))
        #expect(server.requests[1].target.contains("continuation-token=t%2F1%3D"))
    }

    @Test("a listing after a key says so once, and goes on by the server's tokens")
    func startAfter() async throws {
        let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t1</NextContinuationToken>"
        let server = try FaultServer(listing(entry("data/b"), more), listing(entry("data/c")))
        var found: [String] = []
        for try await object in try store(on: server).list(prefix: "", startingAfter: "a=1/") {
            found.append(object.key)
        }
        #expect(found == ["b", "c"])
        #expect(server.requests[0].target.contains("start-after=data%2Fa%3D1%2F"))
        #expect(!server.requests[0].target.contains("continuation-token"))
        #expect(server.requests[1].target.contains("continuation-token=t1"))
        #expect(!server.requests[1].target.contains("start-after"))
    }

    @Test("keys that lead out of the prefix, directory marks and reserved keys are passed over")
    func foreignKeys() async throws {
        let entries = ["data/../../etc", "other/a", "data/", "data/dir/", "data/_sluice/tmp/x", "data//b", "data/ok"]
        let server = try FaultServer(listing(entries.map(entry).joined()))
        #expect(try await keys(try store(on: server)) == ["ok"])
    }

    @Test("a bomb of entities, endless pages, nonsense and a huge document are errors")
    func hostile() async throws {
        let loop = "<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>"
        let replies = [
            FaultReply.status(200, [:], "<!DOCTYPE a [<!ENTITY b \"c\">]><ListBucketResult>&b;</ListBucketResult>"),
            listing(entry("data/a"), loop), .status(200, [:], "<html></html>"), .status(200, [:], "hello"),
            .status(200, [:], String(repeating: " ", count: 9 << 20)),
            listing("<Contents><Key>data/a</Key></Contents>"),
            listing("", "<IsTruncated>true</IsTruncated>"),
        ]
        for reply in replies {
            let server = try FaultServer(reply)
            await #expect(throws: ObjectStorageError.self) { try await keys(try store(on: server)) }
        }
    }

    @Test("failures of single keys inside a success are errors")
    func deletion() async throws {
        let body = "<DeleteResult><Error><Key>data/b</Key><Code>AccessDenied</Code></Error></DeleteResult>"
        let server = try FaultServer(.status(200, [:], body))
        let error = await #expect(throws: ObjectStorageError.self) {
            try await store(on: server).delete(["a&", "b"])
        }
        #expect(error?.code == .accessDenied)
        let request = try #require(server.requests.first)
        #expect(request.target == "/lake?delete=")
        #expect(request["content-type"] == "application/xml")
        #expect(request["x-amz-checksum-crc32c"] != nil)
        #expect(String(decoding: request.body, as: UTF8.self).contains("<Key>data/a&amp;</Key>"))
    }
}

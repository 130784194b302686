import AWS
import HTTP
import ObjectStorage
import Synchronization
import TestSupport
import Testing

@Suite("Options of an S3 store")
struct S3OptionsTests {
    @Test("owner, tags and storage class go with the requests that they belong to")
    func headers() async throws {
        let server = try FaultServer { request, _ in
            switch request.method {
            case "HEAD": .head(404)
            case "POST" where request.target.contains("uploads="):
                .status(200, [:], "<R><UploadId>u</UploadId></R>")
            case "POST":
                .status(200, [:], "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")
            default: .status(200, ["ETag": "\"e\""])
            }
        }
        let tags = try ObjectTags(["team": "data + more/1", "cost center": "7"])
        let store = try store(on: server) {
            $0.expectedOwner = "123456789012"
            $0.tags = tags
            $0.storageClass = .intelligentTiering
            $0.multipartThreshold = 5 << 20
        }
        try await store.put("a", bytes("x"))
        try await store.put("b", bytes(String(repeating: "x", count: 6 << 20)))
        _ = try await store.head("a")
        #expect(server.requests.allSatisfy { $0["x-amz-expected-bucket-owner"] == "123456789012" })
        let created = server.requests.filter { $0["x-amz-tagging"] != nil }
        #expect(created.count == 2)
        #expect(created.allSatisfy { $0["x-amz-tagging"] == "cost%20center=7&team=data%20%2B%20more%2F1" })
        #expect(created.allSatisfy { $0["x-amz-storage-class"] == "INTELLIGENT_TIERING" })
        #expect(created.allSatisfy { $0["authorization"]?.contains("x-amz-storage-class;x-amz-tagging") == true })
        #expect(server.requests.filter { $0["x-amz-storage-class"] != nil }.count == 2)
    }

    @Test("the difference between the clocks is known after an answer")
    func clock() async throws {
        let server = try FaultServer(.head(404, ["Date": "Fri, 24 May 2013 00:00:00 GMT"]))
        let store = try store(on: server)
        #expect(store.clockDifference == nil)
        _ = try await store.head("a")
        let difference = try #require(store.clockDifference)
        #expect(abs(difference + Timestamp.now.seconds - 1_369_353_600) < 5)
    }

    @Test("tags beyond the limits of S3 are refused")
    func tags() throws {
        let many = Dictionary(uniqueKeysWithValues: (0...10).map { ("k\($0)", "") })
        let bad: [[String: String]] = [
            many, ["": "x"], [String(repeating: "k", count: 129): ""], ["k": String(repeating: "v", count: 257)],
            ["aws:k": ""], ["k": "a\r\nb"], ["a&b": ""],
        ]
        for values in bad { #expect(throws: ObjectStorageError.self) { try ObjectTags(values) } }
        #expect(try ObjectTags(["größe": "ä 1+2=3_:/@.-"]).values.count == 1)
    }

    @Test("a refused write with tags names the permission that they take")
    func permission() async throws {
        let server = try FaultServer(.s3Error(403, "AccessDenied"))
        let tags = try ObjectTags(["k": "v"])
        let store = try store(on: server) { $0.tags = tags }
        let error = await #expect(throws: ObjectStorageError.self) { try await store.put("a", bytes("x")) }
        #expect(error?.description.contains("s3:PutObject and s3:PutObjectTagging on") == true)
    }

    private func open(
        _ variables: [String: String],
        _ change: (inout ObjectStoreOptions) -> Void = { _ in }
    ) throws -> any ObjectStore {
        var options = ObjectStoreOptions()
        let usual = [
            "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "canary",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
        options.environment = Environment(usual.merging(variables) { $1 })
        change(&options)
        return try ObjectStoreLocation("s3://lake/x").open(options)
    }

    @Test("options that mean nothing are refused before anything is sent")
    func invalid() {
        for owner in ["", "12345678901", "12345678901x", "1234567890123"] {
            #expect(throws: ObjectStorageError.self) {
                try open(["AWS_REGION": "eu-west-1"]) { $0.expectedOwner = owner }
            }
        }
        for variables in [
            ["AWS_REGION": "evil.example/"], ["AWS_REGION": "r1", "AWS_MAX_ATTEMPTS": "x"],
            ["AWS_REGION": "r1", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"],
        ] {
            let error = #expect(throws: ObjectStorageError.self) { try open(variables) }
            #expect(error?.code == .invalidLocation)
        }
    }

    @Test("attempts are those of the environment")
    func attempts() async throws {
        let server = try FaultServer(.s3Error(503, "SlowDown"))
        let store = try open(["AWS_ENDPOINT_URL_S3": server.origin, "AWS_MAX_ATTEMPTS": "1"])
        await #expect(throws: ObjectStorageError.self) { _ = try await store.head("a") }
        #expect(server.requests.count == 1)
    }

    /// A machine whose metadata service tells a region.
    private func machine(_ region: FaultReply) throws -> FaultServer {
        try FaultServer { request, _ in request.method == "PUT" ? .status(200, [:], "TOKEN") : region }
    }

    @Test("the machine is asked for its region only when none is set, once, and at the first request")
    func regionOfMachine() async throws {
        let metadata = try machine(.status(200, [:], "ap-south-1"))
        let found = try AWSSettings(
            environment: Environment(["HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.origin])
        ).regionOfInstance(try HTTPClient())
        let server = try FaultServer(.head(200, ["ETag": "\"e\"", "Content-Length": "1"]))
        let store = try store(on: server) {
            $0.region = nil
            $0.findRegion = found
        }
        #expect(metadata.requests.isEmpty)
        for _ in 0..<3 { _ = try await store.head("a") }
        #expect(metadata.requests.map(\.method) == ["PUT", "GET"])
        #expect(server.requests.allSatisfy { $0["authorization"]?.contains("/ap-south-1/s3/") == true })
    }

    @Test("a machine that does not tell its region leaves the error to the first request")
    func noRegion() async throws {
        let metadata = try machine(.status(404))
        let variables = [
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.origin,
        ]
        let store = try open(variables)
        let error = await #expect(throws: ObjectStorageError.self) { _ = try await store.head("a") }
        #expect(error?.code == .wrongRegion)
        #expect(error?.description.contains("AWS_REGION") == true)
    }

    @Test("a source of credentials that fails is named with what to do about it, and shows no secret")
    func credentials() async throws {
        let container = try FaultServer(.status(403, [:], #"{"message": "no role"}"#))
        let variables = [
            "AWS_ACCESS_KEY_ID": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": container.origin,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "canary-token", "AWS_REGION": "eu-west-1",
        ]
        let store = try open(variables)
        let error = try #require(
            await #expect(throws: ObjectStorageError.self) { _ = try await store.put("a", bytes("x")) }
        )
        #expect(error.code == .noCredentials)
        #expect(error.description.contains("PutObject of s3://lake/x/a: the container's endpoint"))
        #expect(error.description.contains("no role"))
        #expect(error.description.hasSuffix("Check that the task or the pod has a role"))
        var text = "\(error)"
        dump(error, to: &text)
        #expect(!text.contains("canary"))
    }
}

import AWS
import ObjectStorage
import TestSupport
import Testing

@Suite("Locations of stores")
struct ObjectStoreLocationTests {
    @Test("a bucket with and without a prefix, slashes at the ends of no account")
    func buckets() throws {
        #expect(try ObjectStoreLocation("s3://lake") == .bucket(name: "lake", prefix: ""))
        #expect(try ObjectStoreLocation("s3://lake/") == .bucket(name: "lake", prefix: ""))
        #expect(try ObjectStoreLocation("S3://lake/a/b=c/") == .bucket(name: "lake", prefix: "a/b=c"))
        #expect(try ObjectStoreLocation("s3://my.lake//a%20b") == .bucket(name: "my.lake", prefix: "a%20b"))
        #expect("\(try ObjectStoreLocation("s3://lake/a/"))" == "s3://lake/a")
    }

    @Test("a folder as a URL or a path")
    func folders() throws {
        #expect(try ObjectStoreLocation("file:///var/lake") == .folder(path: "/var/lake"))
        #expect(try ObjectStoreLocation("file:///a%20b") == .folder(path: "/a b"))
        #expect(try ObjectStoreLocation("file://localhost/x") == .folder(path: "/x"))
        #expect(try ObjectStoreLocation("./lake") == .folder(path: "./lake"))
        #expect(try ObjectStoreLocation("/a/s3://b") == .folder(path: "/a/s3://b"))
    }

    @Test(
        "everything else is refused",
        arguments: [
            "", "s3://", "s3:///prefix", "s3://ab", "s3://bu cket", "s3://bucket/a/../b", "s3://bucket/a//b",
            "s3://user@bucket", "http://host/x", "gs://bucket/x", "file://host/x", "file://x", "a\u{0}b", "file:///%00",
        ]
    )
    func refused(text: String) {
        let error = #expect(throws: ObjectStorageError.self) { try ObjectStoreLocation(text) }
        #expect(error?.code == .invalidLocation || error?.code == .invalidKey)
    }

    @Test("a bucket without any region is refused with what to set; an endpoint of one's own needs none")
    func region() throws {
        var options = ObjectStoreOptions()
        options.environment = Environment(["HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"])
        let location = try ObjectStoreLocation("s3://lake/x")
        let error = #expect(throws: ObjectStorageError.self) { try location.open(options) }
        #expect(error?.description.contains("lake.region") == true)
        options.endpoint = "http://127.0.0.1:1"
        #expect(try location.open(options).location == "s3://lake/x")
        options.endpoint = "not a url"
        #expect(throws: ObjectStorageError.self) { try location.open(options) }
    }

    @Test("a folder opens as a store")
    func openFolder() async throws {
        let folder = try TemporaryFolder()
        let store = try ObjectStoreLocation("file://\(folder.path)").open()
        try await store.put("a", bytes("x"))
        #expect(store.location == folder.path)
        #expect(try await keys(store) == ["a"])
    }
}

import AWS
import HTTP
import TestSupport
import Testing

@testable import ObjectStorage

@Suite("S3 addresses and bodies")
struct S3ConfigurationTests {
    private func origin(_ bucket: String, _ region: String, endpoint: String? = nil) throws -> String {
        let custom = try endpoint.map { try Endpoint(url: $0) }
        return S3Configuration(bucket: bucket, region: region, endpoint: custom).endpoint(region: region).origin
    }

    @Test("a bucket is part of the host where the certificate covers it, and of the path elsewhere")
    func addresses() throws {
        #expect(try origin("lake", "eu-west-1") == "https://lake.s3.eu-west-1.amazonaws.com")
        #expect(try origin("my.lake", "eu-west-1") == "https://s3.eu-west-1.amazonaws.com")
        #expect(try origin("My_Lake", "us-east-1") == "https://s3.us-east-1.amazonaws.com")
        #expect(try origin("lake", "cn-north-1") == "https://lake.s3.cn-north-1.amazonaws.com.cn")
        #expect(try origin("lake", "r", endpoint: "http://127.0.0.1:9000") == "http://127.0.0.1:9000")
        var hosted = S3Configuration(bucket: "lake", region: "r", endpoint: try Endpoint(url: "http://minio:9000"))
        hosted.addressing = .host
        #expect(hosted.endpoint(region: "r").origin == "http://lake.minio:9000")
    }

    @Test("over https the body is not signed, over http it is; the checksum is always there")
    func digests() throws {
        let payload = try S3Payload(.segments([Array("1234".utf8), Array("56789PAR1".utf8)]))
        let secure = try payload.digest(0..<9, isSecure: true)
        #expect(secure.payloadHash == "UNSIGNED-PAYLOAD")
        #expect(secure.checksum.base64 == "4waSgw==")
        let plain = try payload.digest(9..<13, isSecure: false)
        #expect(plain.payloadHash == "fbc62d3b511368ee275ddc74117d8689b430e1427220e25d30816201d89ca7b6")
    }

    @Test("a body of bytes in memory and in files can be read from every offset, and its checksum is that of all")
    func chunks() throws {
        let folder = try TemporaryFolder()
        let content = pattern(40)
        let file = try OpenFile(path: try folder.write("file", content))
        let payload = S3Payload([
            .memory([1, 2, 3]), .file(file, path: "file", range: 5..<25), .memory([]), .memory(content[7..<9]),
            .file(file, path: "file", range: 30..<40),
        ])
        let whole = [1, 2, 3] + content[5..<25] + content[7..<9] + content[30..<40]
        #expect(payload.byteCount == whole.count)
        #expect(try payload.digest(0..<35, isSecure: true).checksum.base64 == CRC32C.checksum(whole).base64)
        for range in [0..<35, 2..<24, 4..<5, 22..<26, 34..<35] {
            let source = payload.body(range).source
            for start in 0..<range.count {
                var bytes = [UInt8](repeating: 0, count: 7)
                let count = try bytes.withUnsafeMutableBytes { try source.read(at: start, into: $0) }
                #expect(count > 0)
                #expect(bytes[..<count] == whole[range][(range.lowerBound + start)...].prefix(count))
            }
        }
    }

    @Test("encryption is asked for in the headers of creation")
    func encryption() {
        #expect(ServerSideEncryption.none.headers.isEmpty)
        #expect(ServerSideEncryption.managed.headers.map(\.value) == ["AES256"])
        #expect(ServerSideEncryption.keyService(key: nil).headers.map(\.value) == ["aws:kms"])
        #expect(ServerSideEncryption.keyService(key: "arn:x").headers.map(\.value) == ["aws:kms", "arn:x"])
        let bucketKey = ServerSideEncryption.keyService(key: nil, bucketKey: true).headers.last
        #expect(bucketKey?.name == "x-amz-server-side-encryption-bucket-key-enabled" && bucketKey?.value == "true")
        #expect(ServerSideEncryption.keyService(key: nil, bucketKey: false).headers.last?.value == "false")
    }

    @Test(
        "parts grow so that there are never more than ten thousand",
        arguments: [(1, 16), (160_000, 16), (160_001, 17), (5_242_880, 525)]
    )
    func partSizes(mebibytes: Int, expected: Int) throws {
        let byteCount = mebibytes << 20
        let size = try S3Store.partSize(for: byteCount, atLeast: 16 << 20)
        #expect(size == expected << 20)
        #expect((byteCount + size - 1) / size <= 10_000)
    }

    @Test("an object that S3 could not hold is refused before anything is sent")
    func tooLarge() {
        #expect(throws: ObjectStorageError.self) { try S3Store.partSize(for: 60 << 40, atLeast: 16 << 20) }
    }
}

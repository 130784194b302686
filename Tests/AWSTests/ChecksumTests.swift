import AWS
import Bytes
import Cryptography
import Testing

@Suite("Checksums, digests and encodings")
struct ChecksumTests {
    @Test("CRC-32C has its check value")
    func checkValue() {
        let checksum = CRC32C.checksum(Array("123456789".utf8))
        #expect(checksum.value == 0xE306_9283)
        #expect(checksum.base64 == "4waSgw==")
        #expect(CRC32C.checksum([]).value == 0)
    }

    @Test("CRC-32C of the iSCSI examples")
    func publishedValues() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)).value == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 255, count: 32)).value == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array(0..<32)).value == 0x46DD_794E)
    }

    @Test("CRC-32C does not depend on how the bytes are cut")
    func pieces() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 7) }
        let whole = CRC32C.checksum(bytes).value
        for cut in 0..<40 {
            var checksum = CRC32C()
            checksum.update(bytes.span.extracting(..<cut))
            checksum.update(bytes.span.extracting(cut...))
            #expect(checksum.value == whole)
        }
    }

    @Test("SHA-256 of nothing and of pieces")
    func digests() throws {
        #expect(Hexadecimal.string(try SHA256.digest([])) == SHA256.emptyHexadecimal)
        #expect(
            Hexadecimal.string(try SHA256.digest(Array("Welcome to Amazon S3.".utf8)))
                == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
        )
        var digest = try SHA256()
        let text = Array("Welcome to Amazon S3.".utf8)
        try digest.update(text.span.extracting(..<8))
        try digest.update(text.span.extracting(8...))
        let pieces = try digest.finish()
        #expect(pieces == (try SHA256.digest(Array("Welcome to Amazon S3.".utf8))))
    }

    @Test("Base64 pads as it should")
    func base64() {
        let expected = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "foobar": "Zm9vYmFy"]
        for (text, encoded) in expected { #expect(Base64.string(Array(text.utf8)) == encoded) }
    }

    @Test("percent-encoding leaves only unreserved characters, and decodes to what it was")
    func percentEncoding() {
        #expect(PercentEncoding.encode("a=b+c d/é%*'()$~") == "a%3Db%2Bc%20d%2F%C3%A9%25%2A%27%28%29%24~")
        #expect(PercentEncoding.encodePath("/a=b//../c") == "/a%3Db//../c")
        for text in ["", "plain", "a=b+c d/é%*", "日本/🐘"] {
            #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        }
        #expect(PercentEncoding.decode("a+b%2B", plusIsSpace: true) == "a b+")
        #expect(PercentEncoding.decode("a+b") == "a+b")
        for broken in ["%", "%4", "%zz", "%ff"] { #expect(PercentEncoding.decode(broken) == nil) }
    }

    @Test("moments are written and read")
    func timestamps() {
        #expect(Timestamp(seconds: 1_440_938_160).compact == "20150830T123600Z")
        #expect(Timestamp(seconds: 0).compact == "19700101T000000Z")
        #expect(Timestamp(seconds: 951_782_400).compact == "20000229T000000Z")
        #expect(Timestamp(httpDate: "Fri, 24 May 2013 00:00:00 GMT")?.compact == "20130524T000000Z")
        #expect(Timestamp(iso8601: "2026-11-23T22:38:45.123Z")?.compact == "20261123T223845Z")
        for broken in ["", "Fri, 24 May 2013", "Fri, 32 May 2013 00:00:00 GMT", "Fri, 24 Mai 2013 00:00:00 GMT"] {
            #expect(Timestamp(httpDate: broken) == nil)
        }
        for day in stride(from: Int64(0), to: 60_000, by: 1) {
            let moment = Timestamp(seconds: day * 86_400 + 3_723)
            let text = moment.compact
            let iso = "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.dropFirst(6).prefix(2))T01:02:03Z"
            if Timestamp(iso8601: iso) != moment { Issue.record("\(iso) is not \(moment.seconds)") }
        }
    }
}

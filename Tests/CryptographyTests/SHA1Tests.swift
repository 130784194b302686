import Cryptography
import Testing

@Suite("SHA-1")
struct SHA1Tests {
    @Test(
        "digests are those of FIPS 180",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ]
    )
    func digests(text: String, digest: String) throws {
        let bytes = try SHA1.digest(Array(text.utf8))
        #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == digest)
    }
}

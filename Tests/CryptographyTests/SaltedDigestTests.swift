import Cryptography
import Testing

@Suite
struct SaltedDigestTests {
    private func digest(_ text: String, with maker: SaltedDigest) throws -> [UInt8] {
        try Array(text.utf8).withUnsafeBytes { try maker.digest(of: $0) }
    }

    @Test(arguments: ["", "a", String(repeating: "long", count: 1_000), "é\u{0}"])
    func `it is the digest of the salt with the message behind it`(text: String) throws {
        for salt in ["", "grain", String(repeating: "s", count: 64)] {
            let maker = try SaltedDigest(salt: Array(salt.utf8))
            #expect(try digest(text, with: maker) == SHA256.digest(Array((salt + text).utf8)))
        }
    }

    @Test
    func `one message leaves nothing behind for the next`() throws {
        let maker = try SaltedDigest(salt: Array("grain".utf8))
        let first = try digest("a", with: maker)
        #expect(first.count == SaltedDigest.byteCount)
        #expect(try digest("b", with: maker) != first)
        #expect(try digest("a", with: maker) == first)
    }

    @Test
    func `no bytes may come from nowhere`() throws {
        let maker = try SaltedDigest(salt: [])
        let digest = try maker.digest(of: UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(digest == (try SHA256.digest([])))
    }
}

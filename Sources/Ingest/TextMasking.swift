import Bytes
import Cryptography

/// Masks texts, one after the other.
///
/// Used by one thread at a time.
final class TextMasking {
    private var digest: (salt: MaskSalt, maker: SaltedDigest)?

    private static let digits = Array("0123456789abcdef".utf8)

    /// Appends what a mask leaves of a text.
    ///
    /// - Returns: `false` if that cannot be said; nothing of the text is appended then.
    func append(_ text: UnsafeRawBufferPointer, _ mask: TextMask, to out: ByteBuffer) -> Bool {
        switch mask {
        case .prefix(let characterCount):
            unsafe out.append(UnsafeRawBufferPointer(rebasing: text[..<Self.end(of: characterCount, in: text)]))
            return true
        case .sha256(let salt):
            guard let maker = maker(salt), let bytes = unsafe try? maker.digest(of: text) else { return false }
            for byte in bytes {
                out.append(Self.digits[Int(byte >> 4)])
                out.append(Self.digits[Int(byte & 15)])
            }
            return true
        }
    }

    private func maker(_ salt: MaskSalt) -> SaltedDigest? {
        if let digest, digest.salt == salt { return digest.maker }
        guard let maker = try? SaltedDigest(salt: salt.bytes) else { return nil }
        digest = (salt, maker)
        return maker
    }

    /// Where so many characters of UTF-8 end; a character is what `char_length` counts.
    private static func end(of characterCount: Int, in text: UnsafeRawBufferPointer) -> Int {
        var left = characterCount
        var index = 0
        while index < text.count {
            // Every byte but the continuing ones, 10xxxxxx, begins a character.
            if unsafe text[index] & 0xc0 != 0x80 {
                if left <= 0 { return index }
                left -= 1
            }
            index += 1
        }
        return index
    }
}

import AWS
import Bytes
import Cryptography
import HTTP

/// Documents that are sent.
struct XMLText {
    let bytes: [UInt8]

    /// Makes a document of S3's name space.
    static func document(_ root: String, _ content: String) -> XMLText {
        let text = "<\(root) xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(content)</\(root)>"
        return XMLText(bytes: Array(text.utf8))
    }

    /// Replaces the characters that mean something.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Makes the document a request's body, with its type, checksum and hash.
    func attach(to request: inout ServiceRequest) throws(ObjectStorageError) {
        request.headers.add("Content-Type", "application/xml")
        request.body = HTTPBody(bytes)
        do {
            request.payloadHash = Hexadecimal.string(try SHA256.digest(bytes))
        } catch {
            throw ObjectStorageError(.systemFailure, "\(error)", underlying: error)
        }
    }
}

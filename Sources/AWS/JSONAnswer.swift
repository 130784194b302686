import FoundationEssentials

/// Small JSON documents: answers of endpoints, output of programs, files of the AWS tools.
enum JSONAnswer {
    /// Larger than any document with one set of credentials.
    static let sizeLimit = 64 * 1024

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - type: Its members; others are passed over.
    ///   - subject: What the document is, for the error.
    /// - Returns: The document.
    /// - Throws: `credentialsFailed`, which shows nothing of the document.
    static func read<Value: Decodable>(
        _ bytes: [UInt8],
        as type: Value.Type,
        _ subject: String
    ) throws(AWSError) -> Value {
        guard bytes.count <= sizeLimit else {
            throw AWSError(.credentialsFailed, detail: "\(subject) has more than \(sizeLimit) bytes")
        }
        let reason: String
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, _) {
            reason = "has no \(key.stringValue)"
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            reason = path.isEmpty ? "is not a JSON object" : "has a value of another type at \(path)"
        } catch {
            reason = "is not JSON"
        }
        throw AWSError(.credentialsFailed, detail: "\(subject) \(reason)")
    }
}

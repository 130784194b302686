extension Credentials {
    /// Longer than any session token: AWS says to expect no fixed length, and a header line has a limit.
    private static let lengthLimit = 16 * 1024

    /// Returns the credentials if each of their texts can stand in a header.
    ///
    /// A line break would end the header and begin another one; a space is what copying from a terminal leaves.
    func checked() throws(AWSError) -> Credentials {
        try Self.check(accessKeyID, "\(source): the access key ID")
        try Self.check(secretAccessKey.exposed, "\(source): the secret access key")
        if let sessionToken { try Self.check(sessionToken.exposed, "\(source): the session token") }
        return self
    }

    /// Throws `credentialsFailed` unless the text is made of visible ASCII characters and of a likely length.
    static func check(_ text: String, _ name: String) throws(AWSError) {
        guard !text.isEmpty else { throw AWSError(.credentialsFailed, detail: "\(name) is empty") }
        guard text.utf8.count <= lengthLimit else {
            throw AWSError(.credentialsFailed, detail: "\(name) has more than \(lengthLimit) bytes")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw AWSError(
                .credentialsFailed,
                detail: "\(name) contains a space, a line break or another character that it cannot have"
            )
        }
    }
}

public import HTTP

/// The form of a request that is signed.
///
///     METHOD \n  path \n  query \n  headers, each "name:value\n" \n  signed names \n  hash of the body
public struct CanonicalRequest: Sendable {
    /// The text.
    public let text: String
    /// The names of the signed headers, in lower case and order, joined by `;`.
    public let signedHeaders: String

    /// Never signed: proxies and libcurl may change them.
    private static let unsignedNames: Set<String> = [
        "authorization", "user-agent", "connection", "expect", "transfer-encoding", "x-amzn-trace-id",
    ]

    /// Makes the canonical form.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - target: Path and query.
    ///   - headers: All headers, `Host` included; those that must not be signed are left out.
    ///   - payloadHash: The body's SHA-256 in hexadecimal, or `UNSIGNED-PAYLOAD`.
    public init(method: String, target: RequestTarget, headers: HTTPHeaders, payloadHash: String) {
        var values: [String: [String]] = [:]
        for field in headers.fields {
            let name = field.name.lowercased()
            guard !Self.unsignedNames.contains(name) else { continue }
            values[name, default: []].append(Self.collapsed(field.value))
        }
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        signedHeaders = names.joined(separator: ";")
        let lines = names.map { "\($0):\((values[$0] ?? []).joined(separator: ","))\n" }.joined()
        text = """
            \(method)
            \(target.encodedPath)
            \(target.encodedQuery)
            \(lines)
            \(signedHeaders)
            \(payloadHash)
            """
    }

    /// The value with every run of white space as one space, and none at the ends.
    private static func collapsed(_ value: String) -> String {
        value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

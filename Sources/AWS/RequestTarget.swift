/// The path and the query of a request, encoded once for the signature and for the wire alike.
public struct RequestTarget: Sendable {
    /// The path, percent-encoded; dots and double slashes stay as they are.
    public let encodedPath: String
    /// The query, percent-encoded and in canonical order; empty if there is none.
    public let encodedQuery: String

    /// Makes a target.
    ///
    /// - Parameters:
    ///   - path: The path, not encoded, beginning with `/`.
    ///   - query: Names and values, not encoded, in any order.
    public init(path: String, query: [(name: String, value: String)] = []) {
        encodedPath = PercentEncoding.encodePath(path)
        let encoded = query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
        // By the encoded name, then the encoded value: not by the joined text, where `=` would take part.
        let ordered = encoded.sorted { left, right in
            left.0.utf8.elementsEqual(right.0.utf8)
                ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
                : left.0.utf8.lexicographicallyPrecedes(right.0.utf8)
        }
        encodedQuery = ordered.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Path and query as they stand in a URL.
    public var text: String { encodedQuery.isEmpty ? encodedPath : "\(encodedPath)?\(encodedQuery)" }
}

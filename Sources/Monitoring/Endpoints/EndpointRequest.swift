/// A request as far as it is looked at: method and path.
struct EndpointRequest: Equatable {
    /// The methods there are.
    enum Method: Equatable {
        case get
        /// As `get`, answered without the body.
        case head
    }

    var method: Method
    /// From the first slash to before the question mark.
    var path: String

    /// Reads the head of a request: its line and its fields, of which none matters here.
    ///
    ///     GET /metrics?x=y HTTP/1.1 CR LF
    ///
    /// - Parameter head: The bytes before the empty line.
    /// - Throws: ``EndpointRefusal``.
    init(head: some Sequence<UInt8>) throws(EndpointRefusal) {
        let line = head.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, words[2].starts(with: "HTTP/1.".utf8), words[2].count == 8,
            words[1].allSatisfy({ (0x21..<0x7f).contains($0) })
        else { throw .malformed }
        switch String(decoding: words[0], as: UTF8.self) {
        case "GET": method = .get
        case "HEAD": method = .head
        default: throw .methodNotAllowed
        }
        guard words[1].first == UInt8(ascii: "/") else { throw .malformed }
        path = String(decoding: words[1].prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    }
}

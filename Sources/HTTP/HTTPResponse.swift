/// What a server answered, whatever the status.
public struct HTTPResponse: Sendable {
    /// The status code, such as 200 or 404.
    public let status: Int
    /// The fields of the final header block.
    public let headers: HTTPHeaders
    /// The body, as far as it was kept in memory.
    public let body: [UInt8]

    /// Makes a response.
    public init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether the status is between 200 and 299.
    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// What becomes of the body of a successful response.
///
/// The body of a response with another status is always kept in memory, at most `HTTPClient.errorBodyLimit` bytes of it.
public enum HTTPResponseSink: Sendable {
    /// Keep it in memory and fail with `responseTooLarge` beyond `limit` bytes.
    case memory(limit: Int)
    /// Hand each piece to the closure, which runs on the client's thread and returns whether it wants more.
    case stream(@Sendable (RawSpan) -> Bool)
}

import Cryptography
public import HTTP

/// A request to a service, before it is signed.
public struct ServiceRequest: Sendable {
    /// The HTTP method.
    public var method: String
    /// Path and query.
    public var target: RequestTarget
    /// Headers, without those of the signature and without `Host`.
    public var headers: HTTPHeaders
    /// The body.
    public var body: HTTPBody?
    /// The body's SHA-256 in hexadecimal, or `Signer.unsignedPayload`.
    public var payloadHash: String
    /// Where the body of a success goes.
    public var sink: HTTPResponseSink
    /// Time limits of each attempt.
    public var timeouts: HTTPRequest.Timeouts
    /// Before when an attempt has to begin; at any time unless set.
    public var latestStart: ContinuousClock.Instant?

    /// Makes a request without a body.
    public init(method: String, target: RequestTarget, headers: HTTPHeaders = HTTPHeaders()) {
        self.method = method
        self.target = target
        self.headers = headers
        body = nil
        payloadHash = SHA256.emptyHexadecimal
        sink = .memory(limit: 8 * 1024 * 1024)
        timeouts = HTTPRequest.Timeouts()
    }
}

/// One HTTP request.
public struct HTTPRequest: Sendable {
    /// How long the parts of a request may take.
    public struct Timeouts: Sendable {
        /// Until the connection, with TLS, stands.
        ///
        /// Defaults to ten seconds.
        public var connect: Duration = .seconds(10)
        /// How long the transfer may stand still, in either direction.
        ///
        /// Defaults to one minute.
        public var stall: Duration = .seconds(60)
        /// For the whole request; unlimited unless set, because a large body may take any time.
        public var total: Duration?

        /// Makes the default time limits.
        public init() {}
    }

    /// `GET`, `PUT`, `POST`, `DELETE`, `HEAD`.
    public var method: String
    /// An absolute `http` or `https` URL, already percent-encoded; it is sent byte for byte.
    public var url: String
    /// Fields to send beside those that the client adds (`Host`, `Content-Length`, `Accept`, `User-Agent`).
    public var headers: HTTPHeaders
    /// The body, if the request has one.
    public var body: HTTPBody?
    /// Time limits.
    public var timeouts = Timeouts()

    /// Makes a request.
    public init(method: String, url: String, headers: HTTPHeaders = HTTPHeaders(), body: HTTPBody? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

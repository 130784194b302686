/// Sends HTTP requests over libcurl from one thread of its own and reuses connections.
///
/// Redirects are answered like any other response, never followed. Only `http` and `https` are spoken, as HTTP/1.1.
/// Any number of tasks may use one client at once. The thread ends when the client is released.
public final class HTTPClient: Sendable {
    /// What all requests of a client have in common.
    public struct Configuration: Sendable {
        /// A file with the certificate authorities to trust; the system's unless set.
        public var certificateAuthorities: String?
        /// The proxies; nil for those of the process's environment, as libcurl reads them.
        public var proxies: HTTPProxies?
        /// Sent as `User-Agent`.
        ///
        /// Defaults to `sluice`.
        public var userAgent = "sluice"
        /// How many idle connections are kept.
        ///
        /// Defaults to 16, twice what an upload of many parts has open.
        public var idleConnections = 16

        /// Makes the default configuration.
        public init() {}
    }

    /// How much of the body of an unsuccessful response is read: error documents are a few hundred bytes.
    public static let errorBodyLimit = 64 * 1024
    /// How many bytes of header fields one exchange may bring.
    static let headerLimit = 256 * 1024
    /// From this size on a body waits for the server's `100 Continue`, so that a refusal costs no upload.
    static let expectContinueThreshold = 1024 * 1024

    private let configuration: Configuration
    private let loop: TransferLoop

    /// Makes a client and starts its thread.
    public init(_ configuration: Configuration = Configuration()) throws(HTTPError) {
        self.configuration = configuration
        let loop = try TransferLoop(idleConnections: configuration.idleConnections)
        self.loop = loop
        guard OwnerThread.start({ loop.run() }) else {
            throw HTTPError(.libraryFailure, function: "pthread_create", detail: "no thread to be had")
        }
    }

    deinit {
        loop.stop()
    }

    /// Sends a request and waits for the whole response, whatever its status.
    ///
    /// Cancelling the task ends the transfer at once and throws `cancelled`.
    public func send(
        _ request: HTTPRequest,
        into sink: HTTPResponseSink = .memory(limit: 8 * 1024 * 1024)
    ) async throws(HTTPError) -> HTTPResponse {
        let submission = Submission(request, sink, configuration)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submission.begin(continuation)
                loop.submit(submission)
            }
        } onCancel: {
            submission.cancel()
            loop.wakeUp()
        }
        return try outcome.get()
    }
}

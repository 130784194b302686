/// Why a request got no complete response.
public struct HTTPError: Error, Sendable {
    /// What went wrong, in a word.
    public struct Code: Hashable, Sendable {
        private enum Kind: String {
            case cannotResolve = "cannot resolve the host name"
            case cannotConnect = "cannot connect"
            case timedOut = "timed out"
            case connectionLost = "the connection was lost"
            case tlsFailed = "the TLS handshake failed"
            case certificateRejected = "the server's certificate was not accepted"
            case responseTooLarge = "the response is larger than allowed"
            case bodyUnreadable = "the request body could not be read"
            case invalidRequest = "the request is not valid"
            case cancelled = "cancelled"
            case libraryFailure = "the HTTP library failed"
        }

        private let kind: Kind

        /// The host name has no address, or the resolver did not answer.
        public static let cannotResolve = Code(kind: .cannotResolve)
        /// Nobody accepts connections there.
        public static let cannotConnect = Code(kind: .cannotConnect)
        /// A time limit of the request has passed.
        public static let timedOut = Code(kind: .timedOut)
        /// The connection ended before the response was complete.
        public static let connectionLost = Code(kind: .connectionLost)
        /// The TLS handshake did not come to its end.
        public static let tlsFailed = Code(kind: .tlsFailed)
        /// The certificate is expired, for another host, or signed by an unknown authority.
        public static let certificateRejected = Code(kind: .certificateRejected)
        /// The body exceeds the limit of `HTTPResponseSink.memory`, or the header that of the client.
        public static let responseTooLarge = Code(kind: .responseTooLarge)
        /// The source of the request body threw, or ended early.
        public static let bodyUnreadable = Code(kind: .bodyUnreadable)
        /// The URL, a header or an option was refused before anything was sent.
        public static let invalidRequest = Code(kind: .invalidRequest)
        /// The task was cancelled, or the response's reader wanted no more.
        public static let cancelled = Code(kind: .cancelled)
        /// Anything else that libcurl reports.
        public static let libraryFailure = Code(kind: .libraryFailure)
    }

    /// What went wrong.
    public let code: Code
    /// The C function or the step that reported it.
    public let function: String
    /// The library's name and number for it, such as `CURLE_COULDNT_CONNECT (7)`; empty when it was found by us.
    public let libraryCode: String
    /// What the library adds; never a header value, a query or a body.
    public let detail: String
    /// Scheme, host and port of the request.
    public let origin: String

    /// Whether the same request may succeed a moment later.
    public var isTransient: Bool {
        switch code {
        case .cannotResolve, .cannotConnect, .timedOut, .connectionLost, .tlsFailed: true
        default: false
        }
    }

    init(_ code: Code, function: String, libraryCode: String = "", detail: String = "", origin: String = "") {
        self.code = code
        self.function = function
        self.libraryCode = libraryCode
        self.detail = detail
        self.origin = origin
    }

    /// Returns the error with the request's origin filled in.
    func at(_ origin: String) -> HTTPError {
        HTTPError(code, function: function, libraryCode: libraryCode, detail: detail, origin: origin)
    }
}

extension HTTPError.Code: CustomStringConvertible {
    /// The code in words.
    public var description: String { kind.rawValue }
}

extension HTTPError: CustomStringConvertible {
    /// One line: where, what, and what the library says about it.
    public var description: String {
        var text = origin.isEmpty ? "\(code)" : "\(origin): \(code)"
        if !detail.isEmpty { text += " (\(detail))" }
        return text + " [" + (libraryCode.isEmpty ? function : "\(function): \(libraryCode)") + "]"
    }
}

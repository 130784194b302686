import Cryptography
public import HTTP

/// Why a call to AWS, or to a server that speaks its protocols, failed.
public struct AWSError: Error, Sendable {
    /// What went wrong, in a word.
    public struct Code: Hashable, Sendable {
        private enum Kind {
            case noCredentials, credentialsFailed, noRegion, invalidSettings, cryptography, invalidEndpoint,
                invalidResponse
            case transport, service, queryFailed, late, cancelled
        }

        private let kind: Kind

        /// No credentials were found anywhere.
        public static let noCredentials = Code(kind: .noCredentials)
        /// A source of credentials that is set up did not serve.
        public static let credentialsFailed = Code(kind: .credentialsFailed)
        /// No region is set, and none was found.
        public static let noRegion = Code(kind: .noRegion)
        /// A variable or a key of the shared files has a value that means nothing, or contradicts another.
        public static let invalidSettings = Code(kind: .invalidSettings)
        /// libcrypto failed.
        public static let cryptography = Code(kind: .cryptography)
        /// The endpoint is not an `http` or `https` URL of a host.
        public static let invalidEndpoint = Code(kind: .invalidEndpoint)
        /// The server's answer could not be understood.
        public static let invalidResponse = Code(kind: .invalidResponse)
        /// There was no complete answer; see `transport`.
        public static let transport = Code(kind: .transport)
        /// The server refused; see `failure`.
        public static let service = Code(kind: .service)
        /// A query was taken and did not succeed.
        public static let queryFailed = Code(kind: .queryFailed)
        /// The instant has passed before which the request had to begin.
        public static let late = Code(kind: .late)
        /// The task was cancelled.
        public static let cancelled = Code(kind: .cancelled)
    }

    /// What went wrong.
    public let code: Code
    /// The sentence about it; never a secret.
    public let detail: String
    /// What to do about it, if that is known.
    public let remedy: String?
    /// What the server said, if it was the server.
    public let failure: ServiceFailure?
    /// Why there was no answer, if there was none.
    public let transport: HTTPError?
    /// How many times the request was sent.
    public let attempts: Int
    /// The region that the request was last signed for, if it came to that.
    public let region: String?
    /// Whether the same call may succeed later, with nothing repaired in between.
    public let isTransient: Bool

    /// Makes an error of our own finding.
    public init(_ code: Code, detail: String, remedy: String? = nil, isTransient: Bool = false) {
        self.code = code
        self.detail = detail
        self.remedy = remedy
        failure = nil
        transport = nil
        attempts = 0
        region = nil
        self.isTransient = isTransient
    }

    init(_ error: AWSError, detail: String? = nil, remedy: String?) {
        code = error.code
        self.detail = detail ?? error.detail
        self.remedy = remedy
        failure = error.failure
        transport = error.transport
        attempts = error.attempts
        region = error.region
        isTransient = error.isTransient
    }

    /// The failure of a source of credentials that this error brought about.
    func ofSource(_ source: String) -> AWSError {
        AWSError(.credentialsFailed, detail: "\(source): \(detail)", remedy: remedy, isTransient: isTransient)
    }

    /// The same error, as one that may pass by itself.
    var transient: AWSError { AWSError(code, detail: detail, remedy: remedy, isTransient: true) }

    /// A failure of libcrypto.
    init(_ error: CryptographyError) {
        self.init(.cryptography, detail: "\(error)")
    }

    init(_ failure: RequestFailure, attempts: Int, region: String, isTransient: Bool) {
        self.attempts = attempts
        self.region = region
        self.isTransient = isTransient
        remedy = nil
        switch failure {
        case .transport(let error):
            code = error.code == .cancelled ? .cancelled : .transport
            detail = error.description
            transport = error
            self.failure = nil
        case .service(let failure):
            code = .service
            detail = failure.description
            transport = nil
            self.failure = failure
        }
    }
}

extension AWSError: CustomStringConvertible {
    /// The sentence, how often it was tried, and what to do.
    public var description: String {
        let text = attempts > 1 ? "\(detail) (\(attempts) attempts)" : detail
        return remedy.map { "\(text). \($0)" } ?? text
    }
}

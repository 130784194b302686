public import HTTP

/// Why one attempt at a request failed.
public enum RequestFailure: Sendable {
    /// There was no complete answer.
    case transport(HTTPError)
    /// The service refused.
    case service(ServiceFailure)

    /// Whether no answer came in time.
    var isTimeout: Bool {
        guard case .transport(let error) = self else { return false }
        return error.code == .timedOut
    }
}

/// Decides what follows a failed attempt.
///
/// This is the only place that does.
public struct RetryPolicy: Sendable {
    /// How often a request is sent in all.
    ///
    /// Defaults to 3, as in the AWS tools.
    public var maximumAttempts = 3
    /// The longest first pause after a failure that is not about load.
    ///
    /// Defaults to 200 ms.
    public var firstDelay = Duration.milliseconds(200)
    /// The longest first pause after the server asked for less.
    ///
    /// Defaults to one second.
    public var firstThrottledDelay = Duration.seconds(1)
    /// The longest pause of all.
    ///
    /// Defaults to 20 s, as in the AWS tools.
    public var longestDelay = Duration.seconds(20)

    /// Makes the default policy.
    public init() {}

    /// Something to put right before the request is sent again; each is tried once per call and counts as no attempt.
    public enum Correction: Hashable, Sendable {
        /// Sign with the server's time.
        case clock
        /// Ask the provider for new credentials.
        case credentials
        /// Sign for the region that the server named.
        case region
    }

    /// What to do now.
    public enum Decision: Equatable, Sendable {
        /// Wait and send it again.
        case retry(isThrottled: Bool)
        /// Put something right and send it again.
        case correct(Correction)
        /// It would fail again.
        case giveUp
    }

    /// What is known about the call when an attempt fails.
    public struct Situation: Sendable {
        /// Attempts made, this one included.
        public var attempts = 1
        /// What has been put right already.
        public var corrections: Set<Correction> = []
        /// The region the request was signed for.
        public var region: String
        /// The time the request was signed with.
        public var signedAt: Timestamp
        /// Whether the credentials have a session token, so that new ones may be had.
        public var hasTemporaryCredentials = false

        /// Describes the first attempt.
        public init(region: String, signedAt: Timestamp) {
            self.region = region
            self.signedAt = signedAt
        }
    }

    /// Further apart than this, clocks are the likelier reason for a refused signature.
    ///
    /// AWS refuses 15 minutes.
    private static let toleratedSkew: Int64 = 5 * 60

    /// Decides what follows a failure.
    public func decision(for failure: RequestFailure, in situation: Situation) -> Decision {
        if case .service(let service) = failure, let correction = correction(for: service, in: situation) {
            return situation.corrections.contains(correction) ? .giveUp : .correct(correction)
        }
        guard situation.attempts < maximumAttempts else { return .giveUp }
        return Self.retry(after: failure)
    }

    /// Whether the same request may succeed later by itself.
    public static func isTransient(_ failure: RequestFailure) -> Bool {
        retry(after: failure) != .giveUp
    }

    /// How long to wait before the next attempt: a random part of a limit that doubles each time.
    ///
    /// - Parameters:
    ///   - attempt: The attempt that failed, from 1.
    ///   - isThrottled: Whether the server asked for less.
    ///   - requested: What the server asked for; it is kept to, up to `longestDelay`.
    ///   - random: Between 0 and 1.
    /// - Returns: The pause.
    public func delay(after attempt: Int, isThrottled: Bool, requested: Duration?, random: Double) -> Duration {
        let first = isThrottled ? firstThrottledDelay : firstDelay
        let limit = min(first * (1 << min(max(attempt - 1, 0), 20)), longestDelay)
        let pause = limit * random
        return min(max(pause, requested ?? .zero), longestDelay)
    }

    private func correction(for failure: ServiceFailure, in situation: Situation) -> Correction? {
        switch failure.code {
        case "RequestTimeTooSkewed", "RequestExpired":
            return failure.serverTime == nil ? nil : .clock
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
            return .credentials
        case "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidAccessKeyId", "InvalidClientTokenId",
            "UnrecognizedClientException", "InvalidToken", "":
            // A HEAD is refused without a code: only the status and the clock tell why.
            if [400, 403].contains(failure.status), isSkewed(failure, situation) { return .clock }
            if isElsewhere(failure, situation) { return .region }
            let mayBeCredentials = !failure.code.isEmpty || failure.status == 400
            return mayBeCredentials && situation.hasTemporaryCredentials ? .credentials : nil
        case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException":
            return isElsewhere(failure, situation) ? .region : nil
        default:
            return nil
        }
    }

    private func isSkewed(_ failure: ServiceFailure, _ situation: Situation) -> Bool {
        guard let serverTime = failure.serverTime else { return false }
        return abs(serverTime.seconds - situation.signedAt.seconds) > Self.toleratedSkew
    }

    private func isElsewhere(_ failure: ServiceFailure, _ situation: Situation) -> Bool {
        guard let hint = failure.regionHint else { return false }
        return [301, 307, 400].contains(failure.status) && hint != situation.region
    }

    private static func retry(after failure: RequestFailure) -> Decision {
        switch failure {
        case .transport(let error):
            return error.isTransient ? .retry(isThrottled: false) : .giveUp
        case .service(let failure):
            switch failure.code {
            case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
                "RequestThrottled", "TooManyRequestsException", "ProvisionedThroughputExceededException",
                "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
                "LimitExceededException", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException", "Busy":
                return .retry(isThrottled: true)
            case "RequestTimeout", "RequestTimeoutException", "IDPCommunicationError", "InternalError",
                "OperationTimeoutException", "ResourceNotReadyException":
                return .retry(isThrottled: false)
            case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody":
                // The body was damaged on its way.
                return .retry(isThrottled: false)
            case "OperationAborted", "ConditionalRequestConflict":
                // Another writer was at the same key at the same time.
                return .retry(isThrottled: false)
            default:
                return retry(afterStatus: failure.status)
            }
        }
    }

    private static func retry(afterStatus status: Int) -> Decision {
        switch status {
        case 429, 503: .retry(isThrottled: true)
        case 500, 502, 504: .retry(isThrottled: false)
        default: .giveUp
        }
    }
}

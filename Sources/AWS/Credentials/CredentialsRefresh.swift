/// Decides when kept credentials are replaced.
///
/// Holds no clock and asks nobody.
///
///     remaining validity   15 min or more   10 to 15 min                under 10 min
///     a caller gets        the kept ones    the kept ones, while new    new ones, or the error
///                                           ones are fetched
struct CredentialsRefresh: Sendable {
    /// From here on new credentials are fetched while the present ones serve.
    static let advisoryWindow: Int64 = 15 * 60
    /// From here on a caller waits for new credentials: an upload must not outlive those that it began with.
    static let mandatoryWindow: Int64 = 10 * 60
    /// After an attempt that failed, or that brought credentials which expire as soon, the next one waits so long.
    static let pause: Int64 = 60
    /// After a source has answered a refusal with the same credentials, the next refusal waits so long.
    static let repetitionPause: Int64 = 10

    /// What a caller does.
    enum Action: Sendable {
        /// Takes the kept credentials.
        case use(Credentials)
        /// Takes the kept credentials and sees to it that new ones are being fetched.
        case useAndRefresh(Credentials)
        /// Waits for new credentials.
        case wait
    }

    /// The credentials that were fetched last.
    private(set) var kept: Credentials?
    private var pausedUntil: Timestamp?
    /// Until then nobody asks again for other credentials than those that the source has just repeated.
    private var repeatedUntil: Timestamp?

    /// Decides for one caller.
    func action(_ freshness: CredentialsFreshness, at now: Timestamp) -> Action {
        guard let kept else { return .wait }
        if case .replacing(let refused) = freshness, refused == kept.accessKeyID, !isBefore(repeatedUntil, now) {
            return .wait
        }
        guard let expiration = kept.expiration else { return .use(kept) }
        let remaining = expiration.seconds - now.seconds
        if remaining >= Self.advisoryWindow { return .use(kept) }
        guard remaining > 0 else { return .wait }
        if isBefore(pausedUntil, now) { return .use(kept) }
        return remaining < Self.mandatoryWindow ? .wait : .useAndRefresh(kept)
    }

    /// Keeps what was fetched.
    ///
    /// Credentials that are short-lived from the start serve for half of their time, at most `pause`: a server that
    /// hands out no longer ones is not asked before every request.
    mutating func succeed(_ credentials: Credentials, at now: Timestamp) {
        let isRepeated = kept?.accessKeyID == credentials.accessKeyID
        repeatedUntil = isRepeated ? Timestamp(seconds: now.seconds + Self.repetitionPause) : nil
        kept = credentials
        pausedUntil = credentials.expiration.map { expiration in
            let remaining = max(0, expiration.seconds - now.seconds)
            return Timestamp(seconds: now.seconds + min(Self.pause, remaining / 2))
        }
    }

    /// Notes that nothing could be fetched; while the kept ones serve well, the next attempt has time.
    mutating func fail(at now: Timestamp) {
        guard let expiration = kept?.expiration, expiration.seconds - now.seconds >= Self.mandatoryWindow else {
            return
        }
        pausedUntil = Timestamp(seconds: now.seconds + Self.pause)
    }

    private func isBefore(_ end: Timestamp?, _ now: Timestamp) -> Bool {
        end.map { now.seconds < $0.seconds } ?? false
    }
}

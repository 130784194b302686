import HTTP

/// The clock of whoever answered, as far as the answer tells it, beside this machine's.
///
/// Where the two differ much it is ours that is wrong, and credentials that have just been made would look expired.
struct ServerClock: Sendable {
    /// Differences up to this are the time that an answer took.
    private static let tolerance: Int64 = 60

    private let now: Timestamp
    /// Server time minus ours, in seconds.
    private let offset: Int64

    init(_ headers: HTTPHeaders, now: Timestamp) {
        self.now = now
        let difference = headers["date"].flatMap(Timestamp.init(httpDate:)).map { $0.seconds - now.seconds } ?? 0
        offset = abs(difference) > Self.tolerance ? difference : 0
    }

    /// A clock that nothing is known of but ours.
    init(now: Timestamp) {
        self.now = now
        offset = 0
    }

    /// Reads an expiration and expresses it by our clock; throws `credentialsFailed` if it is past or no date.
    func expiration(_ text: String, _ subject: String) throws(AWSError) -> Timestamp {
        guard let moment = Timestamp(iso8601: text) else {
            throw AWSError(.credentialsFailed, detail: "\(subject) has an Expiration that is no date")
        }
        return try expiration(moment, subject)
    }

    /// Expresses an expiration by our clock; throws `credentialsFailed` if it is past.
    func expiration(_ moment: Timestamp, _ subject: String) throws(AWSError) -> Timestamp {
        let local = Timestamp(seconds: moment.seconds - offset)
        guard local.seconds > now.seconds else {
            throw AWSError(
                .credentialsFailed,
                detail: "\(subject) has credentials that expired at \(moment.compact), and it is \(now.compact)",
                remedy: "Check this machine's clock and the source of the credentials",
                isTransient: true
            )
        }
        return local
    }
}

public import HTTP
import Synchronization

/// Sends signed requests to one service and repeats them as the retry policy says.
///
/// Clock offset and region, once corrected by an answer, hold for all later requests of the client.
public final class AWSClient: Sendable {
    /// What to talk to, and how.
    public struct Configuration: Sendable {
        /// The service's name in signatures: `s3`, `glue`, `athena`, `sts`.
        public var service: String
        /// The region to begin with; nil if `findRegion` has to be asked.
        public var region: String?
        /// Finds the region where none is set, once, before the first request.
        public var findRegion: @Sendable () async throws(AWSError) -> String = { () throws(AWSError) in Region.global }
        /// Fields of every request.
        public var headers = HTTPHeaders()
        /// The server of a region; never taken from what a server says.
        public var endpoint: @Sendable (_ region: String) -> Endpoint
        /// Reads the service's form of refusal.
        public var readFailure: @Sendable (HTTPResponse) -> ServiceFailure
        /// How often and when to try again.
        public var retry = RetryPolicy()
        /// What requests carry beside credentials, and no error may repeat.
        var secrets: [Secret] = []

        /// Makes a configuration for a service that sends XML errors.
        public init(service: String, region: String?, endpoint: @escaping @Sendable (_ region: String) -> Endpoint) {
            self.service = service
            self.region = region
            self.endpoint = endpoint
            readFailure = { ServiceFailure(xml: $0) }
        }
    }

    private struct State {
        var region: String?
        /// Server time minus ours, in seconds.
        var clockOffset: Int64 = 0
        /// What the last answer said of the time, and when it came.
        var answered: (date: String, at: Timestamp)?
    }

    private let configuration: Configuration
    private let http: HTTPClient
    private let credentials: (any CredentialsProvider)?
    private let state: Mutex<State>
    private let budget = RetryBudget()

    /// Makes a client; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - configuration: What to talk to.
    ///   - http: Sends the requests.
    ///   - credentials: What signs them; nil if they are not signed.
    public init(_ configuration: Configuration, http: HTTPClient, credentials: (any CredentialsProvider)?) {
        self.configuration = configuration
        self.http = http
        self.credentials = credentials
        state = Mutex(State(region: configuration.region))
    }

    /// Whether requests travel encrypted.
    public var isSecure: Bool { configuration.endpoint(region ?? Region.global).isSecure }

    /// The region that requests are signed for, as far as it is known.
    public var region: String? { state.withLock { $0.region } }

    /// The server's time minus this machine's in seconds, to within a second or so, as of the last answer; nil before
    /// one has said it.
    public var clockDifference: Int64? {
        guard let answered = state.withLock({ $0.answered }), let time = Timestamp(httpDate: answered.date) else {
            return nil
        }
        return time.seconds - answered.at.seconds
    }

    /// Sends a request until it succeeds or the policy gives up.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - inspect: Looks into a success that may hide an error, and returns that error.
    /// - Returns: A response with a status from 200 to 299.
    /// - Throws: The failure of the last attempt, or why none could be made.
    public func send(
        _ request: ServiceRequest,
        inspect: (HTTPResponse) -> ServiceFailure? = { _ in nil }
    ) async throws(AWSError) -> HTTPResponse {
        var situation = RetryPolicy.Situation(region: try await foundRegion(), signedAt: now)
        var freshness = CredentialsFreshness.kept
        var lastCost: Int?
        var last: RequestFailure?
        while true {
            let credentials = try await credentials?.credentials(freshness)
            freshness = .kept
            situation.region = region ?? situation.region
            situation.signedAt = now
            situation.hasTemporaryCredentials = credentials?.sessionToken != nil
            if let end = request.latestStart, ContinuousClock.now >= end {
                // What was sent before may have been done.
                if let last {
                    throw AWSError(last, attempts: situation.attempts - 1, region: situation.region, isTransient: true)
                }
                throw AWSError(.late, detail: "the time has passed before which the request had to begin")
            }
            let failure: RequestFailure
            switch try await attempt(request, credentials, situation, inspect) {
            case .success(let response):
                budget.succeed(lastCost: lastCost)
                return response
            case .failure(let error): failure = error.failure
            }
            last = failure
            switch decision(for: failure, in: situation) {
            case .giveUp:
                throw AWSError(
                    failure,
                    attempts: situation.attempts,
                    region: situation.region,
                    isTransient: RetryPolicy.isTransient(failure)
                )
            case .correct(let correction):
                situation.corrections.insert(correction)
                if correction == .credentials, let credentials {
                    freshness = .replacing(accessKeyID: credentials.accessKeyID)
                }
                apply(correction, failure)
            case .retry(let isThrottled):
                lastCost = budget.take(afterTimeout: failure.isTimeout)
                guard lastCost != nil else {
                    throw AWSError(
                        failure,
                        attempts: situation.attempts,
                        region: situation.region,
                        isTransient: true
                    )
                }
                try await pause(after: situation.attempts, isThrottled, failure)
                situation.attempts += 1
            }
        }
    }

    private func decision(for failure: RequestFailure, in situation: RetryPolicy.Situation) -> RetryPolicy.Decision {
        let decision = configuration.retry.decision(for: failure, in: situation)
        return credentials == nil && decision == .correct(.credentials) ? .giveUp : decision
    }

    /// The region, which is looked for if none is set.
    private func foundRegion() async throws(AWSError) -> String {
        if let region { return region }
        let found = try await configuration.findRegion()
        return state.withLock { state in
            let region = state.region ?? found
            state.region = region
            return region
        }
    }

    private struct AttemptError: Error {
        let failure: RequestFailure
    }

    private func attempt(
        _ request: ServiceRequest,
        _ credentials: Credentials?,
        _ situation: RetryPolicy.Situation,
        _ inspect: (HTTPResponse) -> ServiceFailure?
    ) async throws(AWSError) -> Result<HTTPResponse, AttemptError> {
        let signed = try sign(request, credentials, situation)
        do {
            let response = try await http.send(signed, into: request.sink)
            if let date = response.headers["date"] { state.withLock { $0.answered = (date, .now) } }
            guard response.isSuccess else {
                return refusal(configuration.readFailure(response), credentials)
            }
            if let hidden = inspect(response) { return refusal(hidden, credentials) }
            return .success(response)
        } catch {
            return .failure(AttemptError(failure: .transport(error)))
        }
    }

    /// Some servers repeat in their sentence what they were sent.
    private func refusal(
        _ failure: ServiceFailure,
        _ credentials: Credentials?
    ) -> Result<HTTPResponse, AttemptError> {
        let own = [credentials?.secretAccessKey, credentials?.sessionToken].compactMap { $0 }
        return .failure(AttemptError(failure: .service(failure.removing(own + configuration.secrets))))
    }

    private func sign(
        _ request: ServiceRequest,
        _ credentials: Credentials?,
        _ situation: RetryPolicy.Situation
    ) throws(AWSError) -> HTTPRequest {
        let endpoint = configuration.endpoint(situation.region)
        var headers = request.headers
        for field in configuration.headers.fields { headers.set(field.name, field.value) }
        headers.set("Host", endpoint.authority)
        if configuration.service == "s3" { headers.set("x-amz-content-sha256", request.payloadHash) }
        if let credentials {
            let signer = Signer(credentials: credentials, region: situation.region, service: configuration.service)
            headers = try signer.sign(
                method: request.method,
                target: request.target,
                headers: headers,
                payloadHash: request.payloadHash,
                at: situation.signedAt
            )
        }
        var signed = HTTPRequest(
            method: request.method,
            url: endpoint.origin + request.target.text,
            headers: headers,
            body: request.body
        )
        signed.timeouts = request.timeouts
        return signed
    }

    private var now: Timestamp {
        Timestamp(seconds: Timestamp.now.seconds + state.withLock { $0.clockOffset })
    }

    private func apply(_ correction: RetryPolicy.Correction, _ failure: RequestFailure) {
        guard case .service(let failure) = failure else { return }
        switch correction {
        case .clock:
            guard let serverTime = failure.serverTime else { return }
            state.withLock { $0.clockOffset = serverTime.seconds - Timestamp.now.seconds }
        case .region:
            guard let hint = failure.regionHint else { return }
            state.withLock { $0.region = hint }
        case .credentials:
            break
        }
    }

    private func pause(after attempt: Int, _ isThrottled: Bool, _ failure: RequestFailure) async throws(AWSError) {
        var requested: Duration?
        if case .service(let failure) = failure { requested = failure.retryAfter }
        let delay = configuration.retry.delay(
            after: attempt,
            isThrottled: isThrottled,
            requested: requested,
            random: Double.random(in: 0...1)
        )
        do {
            try await Task.sleep(for: delay)
        } catch {
            throw AWSError(.cancelled, detail: "cancelled while waiting to try again")
        }
    }
}

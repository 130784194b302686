import HTTP
import TestSupport
import Testing

@testable import AWS

@Suite("Retry policy")
struct RetryPolicyTests {
    private let policy = RetryPolicy()
    private let noon = Timestamp(seconds: 1_700_000_000)

    private func failure(
        _ status: Int,
        _ code: String,
        headers: HTTPHeaders = HTTPHeaders(),
        region: String? = nil
    ) -> RequestFailure {
        .service(ServiceFailure(status: status, code: code, message: "", headers: headers, region: region))
    }

    private func decide(
        _ failure: RequestFailure,
        attempts: Int = 1,
        corrections: Set<RetryPolicy.Correction> = [],
        temporary: Bool = false
    ) -> RetryPolicy.Decision {
        var situation = RetryPolicy.Situation(region: "us-east-1", signedAt: noon)
        situation.attempts = attempts
        situation.corrections = corrections
        situation.hasTemporaryCredentials = temporary
        return policy.decision(for: failure, in: situation)
    }

    @Test(
        "overload is retried slowly",
        arguments: [(503, "SlowDown"), (503, ""), (429, ""), (400, "ThrottlingException"), (503, "ServiceUnavailable")]
    )
    func throttling(status: Int, code: String) {
        #expect(decide(failure(status, code)) == .retry(isThrottled: true))
    }

    @Test(
        "what passes by itself is retried",
        arguments: [
            (500, "InternalError"), (500, ""), (502, ""), (504, ""), (400, "RequestTimeout"), (400, "BadDigest"),
            (409, "OperationAborted"), (409, "ConditionalRequestConflict"), (400, "IncompleteBody"),
        ]
    )
    func transient(status: Int, code: String) {
        #expect(decide(failure(status, code)) == .retry(isThrottled: false))
        #expect(decide(failure(status, code), attempts: 3) == .giveUp)
    }

    @Test(
        "what someone has to repair is not retried",
        arguments: [
            (403, "AccessDenied"), (404, "NoSuchBucket"), (404, "NoSuchKey"), (403, "InvalidAccessKeyId"),
            (403, "SignatureDoesNotMatch"), (412, "PreconditionFailed"), (400, "KMS.DisabledException"),
            (400, "InvalidRequest"), (301, "PermanentRedirect"), (403, ""), (404, ""), (501, ""),
        ]
    )
    func permanent(status: Int, code: String) {
        #expect(decide(failure(status, code)) == .giveUp)
    }

    @Test("expired credentials are renewed once")
    func expiredToken() {
        let expired = failure(400, "ExpiredToken")
        #expect(decide(expired) == .correct(.credentials))
        #expect(decide(expired, attempts: 3) == .correct(.credentials))
        #expect(decide(expired, corrections: [.credentials]) == .giveUp)
        for code in ["InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"] {
            #expect(decide(failure(403, code), temporary: true) == .correct(.credentials))
            #expect(decide(failure(403, code)) == .giveUp)
        }
    }

    @Test("a skewed clock is corrected once, also when only the date tells")
    func clockSkew() {
        let late = HTTPHeaders(["Date": "Tue, 14 Nov 2023 23:13:20 GMT"])
        let same = HTTPHeaders(["Date": "Tue, 14 Nov 2023 22:13:20 GMT"])
        #expect(decide(failure(403, "RequestTimeTooSkewed", headers: late)) == .correct(.clock))
        #expect(decide(failure(403, "RequestTimeTooSkewed", headers: late), corrections: [.clock]) == .giveUp)
        #expect(decide(failure(403, "RequestTimeTooSkewed")) == .giveUp)
        #expect(decide(failure(403, "", headers: late)) == .correct(.clock))
        #expect(decide(failure(403, "", headers: same)) == .giveUp)
        #expect(decide(failure(403, "SignatureDoesNotMatch", headers: late)) == .correct(.clock))
        #expect(decide(failure(400, "InvalidSignatureException", headers: late)) == .correct(.clock))
    }

    @Test("another region is signed for once, when the server names one")
    func region() {
        let hint = HTTPHeaders(["x-amz-bucket-region": "eu-west-1"])
        #expect(decide(failure(301, "PermanentRedirect", headers: hint)) == .correct(.region))
        #expect(decide(failure(301, "", headers: hint)) == .correct(.region))
        #expect(decide(failure(400, "AuthorizationHeaderMalformed", region: "eu-west-1")) == .correct(.region))
        #expect(decide(failure(400, "AuthorizationHeaderMalformed", region: "us-east-1")) == .giveUp)
        #expect(decide(failure(301, "", headers: hint), corrections: [.region]) == .giveUp)
        #expect(decide(failure(400, "AuthorizationHeaderMalformed", region: "evil.example/x")) == .giveUp)
        #expect(decide(failure(403, "AccessDenied", headers: hint)) == .giveUp)
    }

    @Test("pauses double, are random, and end at the limit")
    func delays() {
        func delay(_ attempt: Int, _ random: Double, throttled: Bool = false, requested: Duration? = nil) -> Duration {
            policy.delay(after: attempt, isThrottled: throttled, requested: requested, random: random)
        }
        #expect(delay(1, 1) == .milliseconds(200))
        #expect(delay(2, 1) == .milliseconds(400))
        #expect(delay(2, 0.5) == .milliseconds(200))
        #expect(delay(1, 0) == .zero)
        #expect(delay(1, 1, throttled: true) == .seconds(1))
        #expect(delay(30, 1) == .seconds(20))
        #expect(delay(.max, 1) == .seconds(20))
        #expect(delay(1, 0, requested: .seconds(3)) == .seconds(3))
        #expect(delay(1, 0, requested: .seconds(3000)) == .seconds(20))
    }
}

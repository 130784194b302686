import Bytes
import Cryptography
import HTTP

/// Sends values of metrics to CloudWatch, by its query protocol, which servers other than AWS's speak too.
public struct MetricsClient: Sendable {
    /// What the caller has to be allowed.
    public static let action = "cloudwatch:PutMetricData"
    /// An answer says nothing but that it was taken.
    private static let answerLimit = 64 * 1024
    /// For one attempt.
    private static let timeout = Duration.seconds(20)

    private let client: AWSClient

    /// Makes a client; nothing is sent yet.
    ///
    /// - Throws: ``AWSError`` for settings that mean nothing, or if no region is set.
    public init(_ services: AWSServices) throws(AWSError) {
        client = try services.client(of: .cloudWatch) { ServiceFailure(xml: $0) }
    }

    /// Sends the values of one request.
    ///
    /// - Throws: ``AWSError``; none of the values was taken then.
    public func put(_ form: MetricForm) async throws(AWSError) {
        try await send(Array(form.text.utf8))
    }

    /// Asks whether values would be taken, without leaving any.
    ///
    /// Sends one of 1970, which the service refuses as too old, but only once the caller is known and allowed: "the time
    /// stamp can be up to two weeks before the current date". A server that is less strict keeps it, in 1970.
    ///
    /// - Throws: ``AWSError`` if they would not.
    public func mayPut(namespace: String) async throws(AWSError) {
        let datum = MetricDatum("Check", 0, unit: "None", dimensions: [], time: 0)
        do throws(AWSError) {
            for form in MetricForm.forms(namespace: namespace, [datum]) { try await put(form) }
        } catch {
            guard let failure = error.failure, failure.status == 400, failure.code.hasPrefix("InvalidParameter") else {
                throw error
            }
        }
    }

    private func send(_ body: [UInt8]) async throws(AWSError) {
        var request = ServiceRequest(method: "POST", target: RequestTarget(path: "/"))
        request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        request.body = HTTPBody(body)
        request.sink = .memory(limit: Self.answerLimit)
        request.timeouts.total = Self.timeout
        do throws(CryptographyError) {
            request.payloadHash = Hexadecimal.string(try SHA256.digest(body))
        } catch {
            throw AWSError(error)
        }
        _ = try await client.send(request)
    }
}

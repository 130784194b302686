import Bytes
import Cryptography
import FoundationEssentials
import HTTP

/// Calls a service of the JSON 1.1 protocol, such as Glue, Athena or CloudWatch Logs.
///
/// A call is one `POST` of one JSON object, and so is its answer:
///
///     POST / HTTP/1.1
///     Content-Type: application/x-amz-json-1.1
///     X-Amz-Target: AWSGlue.GetTable
///
///     {"DatabaseName":"billing","Name":"invoices"}
public struct JSONService: Sendable {
    /// How large an answer may be unless a call says otherwise.
    public static let answerLimit = 8 * 1024 * 1024
    /// For one attempt.
    private static let timeout = Duration.seconds(60)

    private let client: AWSClient
    private let targetPrefix: String

    /// Makes a client of a service.
    ///
    /// - Parameters:
    ///   - client: Sends the requests; one that ``AWSServices`` made reads this protocol's refusals.
    ///   - targetPrefix: What stands before the operation in `X-Amz-Target`: `AWSGlue`, `AmazonAthena`,
    ///     `Logs_20140328`.
    public init(_ client: AWSClient, targetPrefix: String) {
        self.client = client
        self.targetPrefix = targetPrefix
    }

    /// The region that requests are signed for, as far as it is known.
    public var region: String? { client.region }

    /// Calls an operation and reads the members of its answer that are wanted.
    ///
    /// - Parameters:
    ///   - operation: The operation, such as `GetTable`.
    ///   - input: Its input; members that are nil are left out.
    ///   - output: What the answer is read as.
    ///   - answerLimit: How large the answer may be, in bytes.
    ///   - time: How long it may take, with all that is tried again; only single attempts have a limit unless set.
    /// - Returns: The answer.
    /// - Throws: ``AWSError``: `service` for a refusal, `invalidResponse` for an answer of another form.
    public func call<Input: Encodable, Output: Decodable>(
        _ operation: String,
        _ input: Input,
        as output: Output.Type = Output.self,
        answerLimit: Int = answerLimit,
        within time: Duration? = nil
    ) async throws(AWSError) -> Output {
        let encoder = JSONEncoder()
        // The same input is the same bytes, and slashes stay as they are.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body: [UInt8]
        do {
            body = Array(try encoder.encode(input))
        } catch {
            throw AWSError(.invalidSettings, detail: "the input of \(operation) cannot be written as JSON")
        }
        let answer = try await send(operation, body: body, answerLimit: answerLimit, within: time)
        do {
            // An operation without output may answer with nothing.
            return try JSONDecoder().decode(output, from: answer.isEmpty ? Data("{}".utf8) : Data(answer))
        } catch {
            throw AWSError(
                .invalidResponse,
                detail: "the answer to \(operation) is not the JSON that it should be\(Self.place(of: error))"
            )
        }
    }

    /// Calls an operation with a body that is JSON already, and returns the body of the answer as it came.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - body: Its input.
    ///   - answerLimit: How large the answer may be, in bytes.
    ///   - time: How long it may take, with all that is tried again.
    /// - Returns: The answer.
    /// - Throws: ``AWSError``.
    public func send(
        _ operation: String,
        body: [UInt8],
        answerLimit: Int = answerLimit,
        within time: Duration? = nil
    ) async throws(AWSError) -> [UInt8] {
        var request = ServiceRequest(method: "POST", target: RequestTarget(path: "/"))
        request.headers.add("Content-Type", "application/x-amz-json-1.1")
        request.headers.add("X-Amz-Target", "\(targetPrefix).\(operation)")
        request.body = HTTPBody(body)
        request.sink = .memory(limit: answerLimit)
        request.timeouts.total = Self.timeout
        if let time {
            // The last attempt begins in the first half, and each takes half of the time at most.
            request.timeouts.total = min(Self.timeout, time / 2)
            request.timeouts.connect = min(request.timeouts.connect, time / 2)
            request.latestStart = .now + time / 2
        }
        do throws(CryptographyError) {
            request.payloadHash = Hexadecimal.string(try SHA256.digest(body))
        } catch {
            throw AWSError(error)
        }
        return try await client.send(request).body
    }

    /// Where a decoding error lies, without any of the answer's values.
    private static func place(of error: any Error) -> String {
        let path: [any CodingKey]
        switch error {
        case DecodingError.keyNotFound(let key, let context): path = context.codingPath + [key]
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            path = context.codingPath
        default: return ""
        }
        guard !path.isEmpty else { return "" }
        let text = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return ": see \(ServiceFailure.printable(text, limit: 200))"
    }
}

/// An input or an output without members.
public struct EmptyObject: Codable, Sendable {
    /// Makes one.
    public init() {}
}

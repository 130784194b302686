public import HTTP

/// A refusal by a service.
public struct ServiceFailure: Sendable {
    /// The HTTP status; 500 for an error that came with status 200.
    public let status: Int
    /// The service's word for it, such as `AccessDenied`; empty when the answer had none (a `HEAD`).
    public let code: String
    /// The service's sentence.
    public let message: String
    /// Lets the service's support find the request.
    public let requestID: String?
    /// The region that the service says is right.
    public let regionHint: String?
    /// The server's clock.
    public let serverTime: Timestamp?
    /// How long the server wants us to wait.
    public let retryAfter: Duration?

    /// Reads a refusal whose body is an XML error document, as S3 and STS send it.
    ///
    /// A body of any other form, such as a proxy's page, is passed over. A `status` given here counts instead of the
    /// response's, for an error inside a success.
    public init(xml response: HTTPResponse, status: Int? = nil) {
        let root = try? XMLElement.parse(response.body, sizeLimit: HTTPClient.errorBodyLimit)
        let error = root.flatMap { $0.name == "Error" ? $0 : $0["Error"] ?? $0["Errors"]?["Error"] }
        self.init(
            status: status ?? response.status,
            code: error?["Code"]?.text ?? "",
            message: error?["Message"]?.text ?? "",
            headers: response.headers,
            requestID: error?["RequestId"]?.text,
            region: error?["Region"]?.text
        )
    }

    init(
        status: Int,
        code: String,
        message: String,
        headers: HTTPHeaders = HTTPHeaders(),
        requestID: String? = nil,
        region: String? = nil
    ) {
        self.status = status
        // What a server says ends up in logs: one line, of a bounded length.
        self.code = Self.printable(code, limit: 100)
        self.message = Self.printable(message, limit: 500)
        self.requestID = (headers["x-amz-request-id"] ?? requestID).map { Self.printable($0, limit: 100) }
        regionHint = [headers["x-amz-bucket-region"], region].lazy.compactMap { $0 }.first(where: Region.isName)
        serverTime = headers["date"].flatMap(Timestamp.init(httpDate:))
        let milliseconds = headers["x-amz-retry-after"].flatMap(Int.init)
        retryAfter =
            milliseconds.map { .milliseconds(max(0, $0)) }
            ?? headers["retry-after"].flatMap(Int.init).map { .seconds(max(0, $0)) }
    }

    /// Returns the same refusal without any of the secrets that were sent, should the server repeat one.
    func removing(_ secrets: [Secret]) -> ServiceFailure {
        ServiceFailure(
            self,
            code: Secret.removing(secrets, from: code),
            message: Secret.removing(secrets, from: message)
        )
    }

    private init(_ other: ServiceFailure, code: String, message: String) {
        status = other.status
        self.code = code
        self.message = message
        requestID = other.requestID
        regionHint = other.regionHint
        serverTime = other.serverTime
        retryAfter = other.retryAfter
    }

    static func printable(_ text: String, limit: Int) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            result.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(result)
    }
}

extension ServiceFailure: CustomStringConvertible {
    /// Code, sentence, status and request id.
    public var description: String {
        var text = code.isEmpty ? "HTTP status \(status)" : "\(code) (HTTP status \(status))"
        if !message.isEmpty { text += ": \(message)" }
        if let requestID { text += " [request \(requestID)]" }
        return text
    }
}

import FoundationEssentials
public import HTTP

extension ServiceFailure {
    /// Reads a refusal whose body is a JSON object.
    ///
    /// The code is in the header `x-amzn-errortype` or the member `__type`, with a namespace before `#` or an address
    /// after `:`; OAuth endpoints have it in `error`. A body of any other form is passed over.
    public init(json response: HTTPResponse) {
        let isSmall = response.body.count <= JSONAnswer.sizeLimit
        let document = isSmall ? try? JSONDecoder().decode(Document.self, from: Data(response.body)) : nil
        let named = response.headers["x-amzn-errortype"] ?? document?.type ?? document?.code ?? document?.error ?? ""
        let code = named.prefix { $0 != ":" }.split(separator: "#").last ?? ""
        self.init(
            status: response.status,
            code: String(code),
            message: document?.message ?? document?.capitalMessage ?? document?.errorDescription ?? "",
            headers: response.headers,
            requestID: response.headers["x-amzn-requestid"]
        )
    }

    private struct Document: Decodable {
        let type: String?
        let code: String?
        let error: String?
        let message: String?
        let capitalMessage: String?
        let errorDescription: String?

        enum CodingKeys: String, CodingKey {
            case code, error, message
            case type = "__type"
            case capitalMessage = "Message"
            case errorDescription = "error_description"
        }

        /// A member of another type is as good as none.
        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            func text(_ key: CodingKeys) -> String? { try? members.decodeIfPresent(String.self, forKey: key) }
            type = text(.type)
            code = text(.code)
            error = text(.error)
            message = text(.message)
            capitalMessage = text(.capitalMessage)
            errorDescription = text(.errorDescription)
        }
    }
}

/// Why a request gets no answer of its own.
enum EndpointRefusal: Error, Equatable {
    case malformed, methodNotAllowed, headTooLong

    var response: EndpointResponse {
        switch self {
        case .malformed: EndpointResponse(status: 400, text: "this is not a request that is understood here\n")
        case .methodNotAllowed: EndpointResponse(status: 405, text: "only GET and HEAD are answered here\n")
        case .headTooLong: EndpointResponse(status: 431, text: "the request is too long\n")
        }
    }
}

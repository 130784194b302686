import CLibCurl

/// The one place where libcurl's result codes become errors.
enum CurlGate {
    /// Prepares libcurl, once per process.
    ///
    /// The corresponding C function is `curl_global_init`.
    static let globalResult = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// Throws unless the result is `CURLE_OK`.
    static func check(_ result: CURLcode, _ function: String, detail: String = "") throws(HTTPError) {
        guard result == CURLE_OK else { throw error(result, function, detail: detail) }
    }

    /// Throws unless the result is `CURLM_OK`.
    static func check(_ result: CURLMcode, _ function: String) throws(HTTPError) {
        guard result == CURLM_OK else {
            let text = unsafe String(cString: curl_multi_strerror(result))
            throw HTTPError(
                .libraryFailure,
                function: function,
                libraryCode: "CURLMcode \(result.rawValue)",
                detail: text
            )
        }
    }

    /// Translates a transfer's result; `detail` is what curl wrote to the error buffer.
    static func error(_ result: CURLcode, _ function: String, detail: String = "") -> HTTPError {
        let text = detail.isEmpty ? unsafe String(cString: curl_easy_strerror(result)) : detail
        let (code, name) = meaning(of: result)
        return HTTPError(code, function: function, libraryCode: "\(name) (\(result.rawValue))", detail: text)
    }

    private static func meaning(of result: CURLcode) -> (HTTPError.Code, String) {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST: (.cannotResolve, "CURLE_COULDNT_RESOLVE_HOST")
        case CURLE_COULDNT_RESOLVE_PROXY: (.cannotResolve, "CURLE_COULDNT_RESOLVE_PROXY")
        case CURLE_COULDNT_CONNECT: (.cannotConnect, "CURLE_COULDNT_CONNECT")
        case CURLE_OPERATION_TIMEDOUT: (.timedOut, "CURLE_OPERATION_TIMEDOUT")
        case CURLE_SEND_ERROR: (.connectionLost, "CURLE_SEND_ERROR")
        case CURLE_RECV_ERROR: (.connectionLost, "CURLE_RECV_ERROR")
        case CURLE_GOT_NOTHING: (.connectionLost, "CURLE_GOT_NOTHING")
        case CURLE_PARTIAL_FILE: (.connectionLost, "CURLE_PARTIAL_FILE")
        case CURLE_SEND_FAIL_REWIND: (.connectionLost, "CURLE_SEND_FAIL_REWIND")
        case CURLE_WEIRD_SERVER_REPLY: (.connectionLost, "CURLE_WEIRD_SERVER_REPLY")
        case CURLE_SSL_CONNECT_ERROR: (.tlsFailed, "CURLE_SSL_CONNECT_ERROR")
        case CURLE_PEER_FAILED_VERIFICATION: (.certificateRejected, "CURLE_PEER_FAILED_VERIFICATION")
        case CURLE_SSL_CACERT_BADFILE: (.certificateRejected, "CURLE_SSL_CACERT_BADFILE")
        case CURLE_URL_MALFORMAT: (.invalidRequest, "CURLE_URL_MALFORMAT")
        case CURLE_UNSUPPORTED_PROTOCOL: (.invalidRequest, "CURLE_UNSUPPORTED_PROTOCOL")
        case CURLE_BAD_FUNCTION_ARGUMENT: (.invalidRequest, "CURLE_BAD_FUNCTION_ARGUMENT")
        case CURLE_OUT_OF_MEMORY: (.libraryFailure, "CURLE_OUT_OF_MEMORY")
        default: (.libraryFailure, "CURLcode")
        }
    }
}

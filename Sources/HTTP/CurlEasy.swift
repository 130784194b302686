import CLibCurl

/// Owns one easy handle and the buffer for its error text.
///
/// Made and freed on the loop's thread; a transfer's handle must leave the multi handle before it is released.
@safe struct CurlEasy: ~Copyable {
    /// Identifies the handle; valid as long as the owner lives.
    let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>

    /// The corresponding C function is `curl_easy_init`.
    init() throws(HTTPError) {
        guard let handle = unsafe curl_easy_init() else {
            throw HTTPError(.libraryFailure, function: "curl_easy_init", detail: "out of memory")
        }
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let result = unsafe sluice_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        guard result == CURLE_OK else {
            unsafe curl_easy_cleanup(handle)
            unsafe errorText.deallocate()
            throw CurlGate.error(result, "curl_easy_setopt(CURLOPT_ERRORBUFFER)")
        }
        unsafe self.handle = unsafe handle
        unsafe self.errorText = unsafe errorText
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe errorText.deallocate()
    }

    /// Tells this handle from all others that are alive.
    var id: UInt { unsafe UInt(bitPattern: handle) }

    /// What curl wrote about the last failure; empty if nothing.
    var errorDescription: String { unsafe String(cString: errorText) }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try CurlGate.check(unsafe sluice_curl_set_number(handle, option, value), Self.name(option))
    }

    func setOffset(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try CurlGate.check(unsafe sluice_curl_set_offset(handle, option, value), Self.name(option))
    }

    /// Sets a text, of which curl keeps a copy.
    func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
        guard !value.utf8.contains(0) else {
            throw HTTPError(.invalidRequest, function: Self.name(option), detail: "the text contains a NUL byte")
        }
        try CurlGate.check(unsafe sluice_curl_set_text(handle, option, value), Self.name(option))
    }

    /// Sets a pointer that must outlive the transfer.
    @unsafe func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(HTTPError) {
        try CurlGate.check(unsafe sluice_curl_set_pointer(handle, option, value), Self.name(option))
    }

    @unsafe func setDataCallback(_ option: CURLoption, _ callback: curl_write_callback) throws(HTTPError) {
        try CurlGate.check(unsafe sluice_curl_set_data_callback(handle, option, callback), Self.name(option))
    }

    @unsafe func setSeekCallback(_ callback: curl_seek_callback) throws(HTTPError) {
        try CurlGate.check(unsafe sluice_curl_set_seek_callback(handle, callback), Self.name(CURLOPT_SEEKFUNCTION))
    }

    /// The status of the last response.
    var responseStatus: Int {
        var status = 0
        unsafe _ = sluice_curl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    private static func name(_ option: CURLoption) -> String {
        "curl_easy_setopt(option \(option.rawValue))"
    }
}

import CLibCurl

/// Owns a multi handle: the connections, and the transfers that are running on them.
///
/// All calls but `wakeUp` belong to the loop's thread.
@safe struct CurlMulti: ~Copyable, @unchecked Sendable {
    // Unchecked: `curl_multi_wakeup` may be called from any thread; nothing else is called from outside the loop's.
    private let handle: UnsafeMutableRawPointer

    /// The corresponding C function is `curl_multi_init`.
    init(idleConnections: Int) throws(HTTPError) {
        try CurlGate.check(CurlGate.globalResult, "curl_global_init")
        guard let handle = unsafe curl_multi_init() else {
            throw HTTPError(.libraryFailure, function: "curl_multi_init", detail: "out of memory")
        }
        // The option only limits how many idle connections are kept; without it curl chooses a number itself.
        unsafe _ = sluice_curl_multi_set_number(handle, CURLMOPT_MAXCONNECTS, idleConnections)
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe curl_multi_cleanup(handle)
    }

    func add(_ easy: borrowing CurlEasy) throws(HTTPError) {
        try CurlGate.check(unsafe curl_multi_add_handle(handle, easy.handle), "curl_multi_add_handle")
    }

    func remove(_ easy: borrowing CurlEasy) {
        // Fails only for a handle that is not in the list, and then there is nothing to remove.
        unsafe _ = curl_multi_remove_handle(handle, easy.handle)
    }

    /// Moves every transfer on as far as it goes without waiting.
    func perform() throws(HTTPError) {
        var running: Int32 = 0
        try CurlGate.check(unsafe curl_multi_perform(handle, &running), "curl_multi_perform")
    }

    /// Waits until a socket is ready, a time limit is due, `wakeUp` is called or `milliseconds` have passed.
    func wait(milliseconds: Int32) throws(HTTPError) {
        try CurlGate.check(unsafe curl_multi_poll(handle, nil, 0, milliseconds, nil), "curl_multi_poll")
    }

    /// Ends the present or the next `wait`; callable from any thread.
    func wakeUp() {
        // Fails only when the wake-up pipe is full, and then the loop is about to wake anyway.
        unsafe _ = curl_multi_wakeup(handle)
    }

    /// Takes the next finished transfer: the id of its handle, and its result.
    func nextFinished() -> (id: UInt, result: CURLcode)? {
        var result = CURLE_OK
        guard let handle = unsafe sluice_curl_multi_next_finished(handle, &result) else { return nil }
        return (UInt(bitPattern: handle), result)
    }
}

import CLibCurl

/// Owns a list of header lines in curl's form.
@safe struct CurlHeaderList: ~Copyable {
    private var head: UnsafeMutablePointer<curl_slist>?

    init() { unsafe head = nil }

    deinit {
        unsafe curl_slist_free_all(head)
    }

    /// Adds a line such as `Name: value`; `Name:` keeps curl from sending its own.
    ///
    /// The corresponding C function is `curl_slist_append`.
    mutating func append(_ line: String) throws(HTTPError) {
        // A line break would let a value smuggle in a header of its own.
        guard !line.utf8.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
            throw HTTPError(.invalidRequest, function: "curl_slist_append", detail: "a header contains a line break")
        }
        guard let longer = unsafe curl_slist_append(head, line) else {
            throw HTTPError(.libraryFailure, function: "curl_slist_append", detail: "out of memory")
        }
        unsafe head = longer
    }

    /// Makes the handle send these lines; the list must outlive the transfer.
    func attach(to easy: borrowing CurlEasy) throws(HTTPError) {
        guard let head = unsafe head else { return }
        try unsafe easy.set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(head))
    }
}

import CLibCurl

/// One request on its way: what curl's callbacks read and fill.
///
/// Confined to the loop's thread.
final class Transfer {
    let submission: Submission
    let easy: CurlEasy
    private var headerLines = CurlHeaderList()

    private var sent = 0
    private var status = 0
    private var headers = HTTPHeaders()
    private var headerBytes = 0
    private var body: [UInt8] = []
    /// Set when a callback ends the transfer for a reason of ours, which curl would report as its own.
    private var interruption: Interruption?

    private enum Interruption {
        case failure(HTTPError)
        /// Enough of an error's body has been read.
        case errorBodyCut
    }

    init(_ submission: Submission) throws(HTTPError) {
        self.submission = submission
        easy = try CurlEasy()
        try configure()
    }

    /// The outcome, given curl's.
    func outcome(_ result: CURLcode) -> Result<HTTPResponse, HTTPError> {
        switch interruption {
        case .failure(let error): return .failure(error.at(submission.origin))
        case .errorBodyCut: return .success(response)
        case nil: break
        }
        guard result == CURLE_OK else {
            let text = easy.errorDescription
            let detail = submission.configuration.proxies?.withheld(in: text) ?? text
            let error = CurlGate.error(result, "curl_multi_perform", detail: detail)
            return .failure(error.at(submission.origin))
        }
        return .success(response)
    }

    private var response: HTTPResponse { HTTPResponse(status: status, headers: headers, body: body) }

    // MARK: - What curl's callbacks do

    /// Fills the buffer with the next bytes of the request body; nil ends the transfer.
    func send(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard let source = submission.request.body?.source, let total = submission.request.body?.byteCount else {
            return 0
        }
        guard sent < total else { return 0 }
        do {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, total - sent)])
            let count = try unsafe source.read(at: sent, into: room)
            guard count > 0, count <= room.count else {
                return interrupt(HTTPError(.bodyUnreadable, function: "read", detail: "it ended after \(sent) bytes"))
            }
            sent += count
            return count
        } catch {
            return interrupt(HTTPError(.bodyUnreadable, function: "read", detail: "\(error)"))
        }
    }

    /// Starts the request body again at `offset`.
    func seek(to offset: Int) -> Bool {
        guard let total = submission.request.body?.byteCount, offset >= 0, offset <= total else { return false }
        sent = offset
        return true
    }

    /// Takes one header line, which may begin the block of a further response (after `100 Continue`).
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int? {
        let text = unsafe String(decoding: line, as: UTF8.self)
        headerBytes += line.count
        guard headerBytes <= HTTPClient.headerLimit else {
            return interrupt(HTTPError(.responseTooLarge, function: "header", detail: "the header is too long"))
        }
        if text.hasPrefix("HTTP/") {
            headers = HTTPHeaders()
            status = easy.responseStatus
        } else if let colon = text.firstIndex(of: ":") {
            headers.add(String(text[..<colon]), trimmed(text[text.index(after: colon)...]))
        }
        return line.count
    }

    /// Takes a piece of the response body.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int? {
        status = easy.responseStatus
        guard (200..<300).contains(status) else { return unsafe receiveErrorBody(bytes) }
        switch submission.sink {
        case .memory(let limit):
            guard bytes.count <= limit - body.count else {
                return interrupt(
                    HTTPError(.responseTooLarge, function: "body", detail: "more than \(limit) bytes")
                )
            }
            if body.isEmpty, let length = headers["content-length"].flatMap(Int.init), length <= limit, length > 0 {
                body.reserveCapacity(length)
            }
            unsafe body.append(contentsOf: bytes)
        case .stream(let receive):
            guard unsafe receive(bytes.bytes) else {
                return interrupt(HTTPError(.cancelled, function: "body", detail: "the reader wanted no more"))
            }
        }
        return bytes.count
    }

    private func receiveErrorBody(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let room = HTTPClient.errorBodyLimit - body.count
        unsafe body.append(contentsOf: bytes.prefix(room))
        guard bytes.count <= room else {
            interruption = .errorBodyCut
            return nil
        }
        return bytes.count
    }

    private func interrupt(_ error: HTTPError) -> Int? {
        interruption = .failure(error)
        return nil
    }

    private func trimmed(_ value: Substring) -> String {
        var rest = value
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}

// MARK: - Options

extension Transfer {
    private func configure() throws(HTTPError) {
        let request = submission.request
        try easy.set(CURLOPT_URL, request.url)
        try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try easy.set(CURLOPT_PATH_AS_IS, 1)
        try easy.set(CURLOPT_FOLLOWLOCATION, 0)
        try easy.set(CURLOPT_NOSIGNAL, 1)
        // A completion may take minutes, for which a router between would forget the connection.
        try easy.set(CURLOPT_TCP_KEEPALIVE, 1)
        try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try easy.set(CURLOPT_USERAGENT, submission.configuration.userAgent)
        try configureProxy()
        if let bundle = submission.configuration.certificateAuthorities { try easy.set(CURLOPT_CAINFO, bundle) }
        try configureTimeouts(request.timeouts)
        try configureMethod(request)
        try configureHeaders(request)
        try configureCallbacks()
    }

    private func configureProxy() throws(HTTPError) {
        if submission.isLocal {
            try easy.set(CURLOPT_PROXY, "")
        } else if let proxies = submission.configuration.proxies {
            let isSecure = submission.request.url.lowercased().hasPrefix("https:")
            // An empty text also keeps libcurl from the environment's.
            try easy.set(CURLOPT_PROXY, (isSecure ? proxies.https : proxies.http) ?? "")
            try easy.set(CURLOPT_NOPROXY, proxies.exceptions ?? "")
        }
        if let bundle = submission.configuration.certificateAuthorities { try easy.set(CURLOPT_PROXY_CAINFO, bundle) }
    }

    private func configureTimeouts(_ timeouts: HTTPRequest.Timeouts) throws(HTTPError) {
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, timeouts.connect.milliseconds))
        // curl measures this one in whole seconds.
        try easy.set(CURLOPT_LOW_SPEED_TIME, max(1, timeouts.stall.milliseconds / 1000))
        try easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        if let total = timeouts.total { try easy.set(CURLOPT_TIMEOUT_MS, max(1, total.milliseconds)) }
    }

    private func configureMethod(_ request: HTTPRequest) throws(HTTPError) {
        if let body = request.body {
            try easy.set(CURLOPT_UPLOAD, 1)
            try easy.setOffset(CURLOPT_INFILESIZE_LARGE, body.byteCount)
        } else if request.method == "HEAD" {
            try easy.set(CURLOPT_NOBODY, 1)
        }
        try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    private func configureHeaders(_ request: HTTPRequest) throws(HTTPError) {
        for field in request.headers.fields {
            // "Name;" is curl's way to say that the value is empty.
            try headerLines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        if let body = request.body {
            if request.headers["content-type"] == nil {
                try headerLines.append("Content-Type: application/octet-stream")
            }
            if body.byteCount < HTTPClient.expectContinueThreshold { try headerLines.append("Expect:") }
        } else if request.method == "POST" || request.method == "PUT" {
            try headerLines.append("Content-Length: 0")
        }
        try headerLines.attach(to: easy)
    }

    /// The transfer outlives its handle's callbacks: the loop keeps it until curl has let go of the handle.
    private func configureCallbacks() throws(HTTPError) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try unsafe easy.set(CURLOPT_READDATA, context)
        try unsafe easy.set(CURLOPT_SEEKDATA, context)
        try unsafe easy.set(CURLOPT_WRITEDATA, context)
        try unsafe easy.set(CURLOPT_HEADERDATA, context)
        try unsafe easy.setDataCallback(CURLOPT_READFUNCTION) { buffer, size, count, context in
            guard let transfer = unsafe transfer(context), let buffer = unsafe buffer else { return curlReadAbort }
            let room = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
            return unsafe transfer.send(into: room) ?? curlReadAbort
        }
        try unsafe easy.setSeekCallback { context, offset, origin in
            guard let transfer = unsafe transfer(context), origin == 0, transfer.seek(to: offset) else {
                return Int32(CURL_SEEKFUNC_FAIL)
            }
            return Int32(CURL_SEEKFUNC_OK)
        }
        try unsafe easy.setDataCallback(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            return unsafe transfer(context)?.receiveHeader(line) ?? stopReceiving(line)
        }
        try unsafe easy.setDataCallback(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            return unsafe transfer(context)?.receive(piece) ?? stopReceiving(piece)
        }
    }
}

private let curlReadAbort = Int(CURL_READFUNC_ABORT)

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

/// A count other than the one received makes curl end the transfer.
private func stopReceiving(_ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe bytes.isEmpty ? 1 : 0
}

extension Duration {
    fileprivate var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}

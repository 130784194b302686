import Glibc
import Synchronization

/// A request handed to the loop, with the way back to its caller.
final class Submission: Sendable {
    let request: HTTPRequest
    let sink: HTTPResponseSink
    let configuration: HTTPClient.Configuration
    private let continuation = Mutex<CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>?>(nil)
    private let cancelled = Atomic(false)

    init(_ request: HTTPRequest, _ sink: HTTPResponseSink, _ configuration: HTTPClient.Configuration) {
        self.request = request
        self.sink = sink
        self.configuration = configuration
    }

    /// Whether the caller no longer waits for the response.
    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() { cancelled.store(true, ordering: .releasing) }

    /// Keeps the continuation that `finish` resumes.
    func begin(_ continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    /// Resumes the caller, the first time it is called.
    func finish(_ outcome: Result<HTTPResponse, HTTPError>) {
        let waiting = continuation.withLock { $0.take() }
        waiting?.resume(returning: outcome)
    }

    /// Scheme, host and port: what errors may show of the URL.
    var origin: String {
        guard let scheme = request.url.range(of: "://") else { return "" }
        let rest = request.url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // Whatever stands before an `@` is a user name and a password.
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return String(request.url[..<scheme.upperBound] + host)
    }

    /// Whether the host is this machine or its link, which no proxy must see.
    ///
    /// The corresponding C function is `inet_pton`: a name that only begins like an address is none.
    var isLocal: Bool {
        let authority = origin.split(separator: "/").last ?? ""
        if authority.hasPrefix("[") {
            let host = authority.dropFirst().prefix { $0 != "]" }.lowercased()
            return ["::1", "fd00:ec2::254", "fd00:ec2::23"].contains(host)
        }
        let host = authority.prefix { $0 != ":" }.lowercased()
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        var address = in_addr()
        guard unsafe inet_pton(AF_INET, host, &address) == 1 else { return false }
        let number = UInt32(bigEndian: address.s_addr)
        return number >> 24 == 127 || number >> 16 == 0xA9FE
    }
}

extension String {
    fileprivate func range(of separator: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(separator) {
                return start..<index(start, offsetBy: separator.count)
            }
            start = index(after: start)
        }
        return nil
    }
}

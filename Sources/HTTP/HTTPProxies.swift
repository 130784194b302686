/// The proxies that requests go through.
///
/// Requests to this machine and to the metadata addresses of its cloud never do: `HTTPClient` sees to that.
public struct HTTPProxies: Hashable, Sendable {
    /// For `http` URLs; may hold a password.
    let http: String?
    /// For `https` URLs; may hold a password.
    let https: String?
    /// Hosts and networks, with commas between them, that are reached directly; `*` for all.
    let exceptions: String?

    /// Names the proxies.
    public init(http: String? = nil, https: String? = nil, exceptions: String? = nil) {
        self.http = http
        self.https = https
        self.exceptions = exceptions
    }

    /// Returns what libcurl says about a failure without the proxies' URLs, which it repeats when it cannot read one.
    func withheld(in text: String) -> String {
        [http, https].compactMap { $0 }.reduce(text) { $0.replacing($1, with: "<redacted>") }
    }
}

extension HTTPProxies: CustomStringConvertible, CustomReflectable {
    /// Which of them are set; their URLs may hold passwords.
    public var description: String {
        "HTTPProxies(http: \(http == nil ? "none" : "set"), https: \(https == nil ? "none" : "set"))"
    }

    /// A mirror without children: `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A server's scheme, host and port.
public struct Endpoint: Hashable, Sendable {
    /// Whether the connection is encrypted.
    public let isSecure: Bool
    /// The host, with the port unless it is the scheme's own: the `Host` header as libcurl sends it.
    public let authority: String

    /// Makes an endpoint with TLS on its usual port.
    public init(host: String) {
        isSecure = true
        authority = host
    }

    /// Reads `http://host[:port]` or `https://host[:port]`; throws `invalidEndpoint` for anything else.
    public init(url: String) throws(AWSError) {
        let invalid = AWSError(
            .invalidEndpoint,
            detail: "the endpoint must have the form https://host or http://host:port, without a path or a password"
        )
        let lowered = url.lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://") else { throw invalid }
        isSecure = lowered.hasPrefix("https://")
        var rest = lowered.dropFirst(isSecure ? 8 : 7)
        if rest.hasSuffix("/") { rest.removeLast() }
        let usualPort = isSecure ? ":443" : ":80"
        if rest.hasSuffix(usualPort) { rest.removeLast(usualPort.count) }
        guard Self.isAuthority(rest) else { throw invalid }
        authority = String(rest)
    }

    /// The endpoint of a name below this one's host: `bucket.host:port`.
    public func prefixed(by label: String) -> Endpoint {
        Endpoint(isSecure: isSecure, authority: "\(label).\(authority)")
    }

    private init(isSecure: Bool, authority: String) {
        self.isSecure = isSecure
        self.authority = authority
    }

    /// The host without the port; an IPv6 address in brackets.
    public var host: String {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return authority }
        return String(authority[..<colon])
    }

    /// The beginning of a URL on this server.
    public var origin: String { (isSecure ? "https://" : "http://") + authority }

    /// Letters, digits, `.`, `-`, `_`; an IPv6 address in brackets; a port of at most 65535.
    private static func isAuthority(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return false }
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.count > 2 && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        return !host.isEmpty
            && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_") }
    }
}

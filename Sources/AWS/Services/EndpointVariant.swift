/// Which of a service's addresses are used.
public struct EndpointVariant: Hashable, Sendable {
    /// Those whose cryptography is validated (FIPS 140).
    public var isFIPS = false
    /// Those that have IPv6 beside IPv4.
    public var isDualStack = false

    /// The ordinary ones.
    public init() {}
}

/// An address to listen on.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// The port unless told otherwise.
    public static let defaultPort: UInt16 = 9187

    /// A name or a number.
    public var host: String
    /// The port; 0 for any that is free.
    public var port: UInt16

    /// Names an address; one that only this machine reaches unless told otherwise.
    public init(host: String = "127.0.0.1", port: UInt16 = Self.defaultPort) {
        self.host = host
        self.port = port
    }

    /// Host and port, as in a URL.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

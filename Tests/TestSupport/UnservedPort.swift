import Glibc

/// A loopback port at which nobody listens and that nobody else is given while this exists.
public final class UnservedPort: Sendable {
    private let descriptor: Int32
    /// The port.
    public let port: UInt16

    /// Takes a free port.
    public init() throws {
        (descriptor, port) = try LoopbackSocket.bound()
    }

    deinit {
        close(descriptor)
    }
}

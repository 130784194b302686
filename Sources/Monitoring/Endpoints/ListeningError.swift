import Glibc

/// Why nobody listens.
struct ListeningError: Error, Equatable {
    /// The system's words.
    var reason: String
    /// Whether another process has the port.
    var isInUse: Bool

    init(reason: String, isInUse: Bool) {
        self.reason = reason
        self.isInUse = isInUse
    }

    init(_ code: Int32) {
        self.init(reason: String(cString: strerror(code)), isInUse: code == EADDRINUSE)
    }
}

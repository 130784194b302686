import CLibPQ

/// Ends the command that a connection is running, from any thread; usable while the connection exists and after.
@safe
public final class PostgresInterrupt: @unchecked Sendable {
    // libpq fills a PGcancel once and only reads it afterwards: `PQcancel` is documented as thread-safe.
    private let handle: OpaquePointer

    /// Takes ownership of what `PQgetCancel` returned.
    init(adopting handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    deinit { unsafe PQfreeCancel(handle) }

    /// Asks the server to end the running command, whose result is then an error with SQLSTATE 57014.
    ///
    /// Does nothing if no command is running. The corresponding C function is `PQcancel`.
    public func send() {
        var message = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(handle, &message, Int32(message.count))
    }
}

import CLibPQ
import Glibc
public import PostgresWire

/// What a walsender sends after `START_REPLICATION`, and what it is told.
///
/// libpq documentation, "Functions Associated with the COPY Command"; the stream is a COPY in both directions.
extension PostgresConnection {
    /// The kernel's buffer for a stream: what a fast walsender sends during a pause.
    private static let streamBufferByteCount: Int32 = 8 << 20

    /// Starts the stream.
    ///
    /// - Parameters:
    ///   - slot: The slot's name.
    ///   - position: Where to begin; a position before the one that was last confirmed is forwarded to it.
    ///   - options: Options of the output plugin.
    /// - Throws: ``PostgresError`` if the server refuses, such as SQLSTATE 55006 while another process reads the slot.
    public func startReplication(
        slot: String,
        at position: LSN,
        options: [(name: String, value: String)]
    ) throws(PostgresError) {
        var list: [String] = []
        for option in options { list.append("\(option.name) \(try quote(literal: option.value))") }
        let command =
            "START_REPLICATION SLOT \(try quote(identifier: slot)) LOGICAL \(position) (\(list.joined(separator: ", ")))"
        guard let result = unsafe PQexec(handle, command) else {
            throw unsafe PostgresError(.connectionLost, message: trimmed(PQerrorMessage(handle)), function: "PQexec")
        }
        defer { unsafe PQclear(result) }
        guard unsafe PQresultStatus(result) == PGRES_COPY_BOTH else {
            throw unsafe serverError(result, function: "PQexec")
        }
        if isTCP { setReceiveBuffer(Self.streamBufferByteCount) }
        guard unsafe PQsetnonblocking(handle, 1) == 0 else {
            throw unsafe PostgresError(
                .connectionLost,
                message: trimmed(PQerrorMessage(handle)),
                function: "PQsetnonblocking"
            )
        }
    }

    /// What a call of ``receive(into:byteLimit:timeout:)`` has learned besides messages.
    public struct Received: Sendable, Equatable {
        /// The last position up to which the server said, in a keepalive, that it has sent everything.
        public var keepalive: LSN?
        /// Whether the server wants to be told how far the reader is.
        public var wantsReply = false
        /// Whether the server has ended the stream.
        public var isEnded = false

        /// Nothing yet.
        public init() {}
    }

    /// Takes in what has arrived; waits if that is nothing.
    ///
    /// A message that follows a keepalive ends the call before it, so that the keepalive speaks of all messages that the
    /// batch holds and of no other.
    ///
    /// - Parameters:
    ///   - batch: Takes the messages.
    ///   - byteLimit: Stop once the batch holds so many bytes.
    ///   - timeout: Milliseconds to wait at most.
    /// - Returns: What came besides messages.
    /// - Throws: ``PostgresError`` if the connection or the server fails, or sends what is no replication stream.
    public func receive(
        into batch: MessageBatch,
        byteLimit: Int,
        timeout: Int32
    ) throws(PostgresError) -> Received {
        var received = Received()
        var hasWaited = false
        while batch.byteCount < byteLimit, received.keepalive == nil {
            var buffer: UnsafeMutablePointer<CChar>?
            let length = unsafe PQgetCopyData(handle, &buffer, 1)
            if length > 0, let buffer = unsafe buffer {
                defer { unsafe PQfreemem(buffer) }
                unsafe try take(UnsafeRawBufferPointer(start: buffer, count: Int(length)), into: batch, &received)
            } else if length == 0 {
                // What has arrived goes first; for more there is another call.
                if hasWaited || batch.messageCount > 0 { break }
                guard try awaitStream(timeout: timeout) else { break }
                hasWaited = true
            } else if length == -1 {
                try finishStream()
                received.isEnded = true
                break
            } else {
                throw unsafe PostgresError(
                    .connectionLost,
                    message: trimmed(PQerrorMessage(handle)),
                    function: "PQgetCopyData"
                )
            }
        }
        return received
    }

    private func take(
        _ frame: UnsafeRawBufferPointer,
        into batch: MessageBatch,
        _ received: inout Received
    ) throws(PostgresError) {
        do {
            switch unsafe try ReplicationFrame(frame.bytes) {
            case .data(let offset):
                unsafe batch.append(UnsafeRawBufferPointer(rebasing: frame[offset...]))
            case .keepalive(let end, let wantsReply):
                received.keepalive = end
                received.wantsReply = received.wantsReply || wantsReply
            }
        } catch {
            throw PostgresError(
                .protocolViolation,
                message: "the server sent what is no replication stream: \(error)",
                function: "PQgetCopyData"
            )
        }
    }

    /// Tells the server how far the reader is.
    ///
    /// - Parameter status: The positions; `flushed` lets the server forget what lies before it.
    /// - Throws: ``PostgresError`` if the connection is lost.
    public func send(_ status: StandbyStatus) throws(PostgresError) {
        let bytes = status.encoded(sent: Self.microsecondsSince2000())
        let sent = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { bytes in
                unsafe PQputCopyData(handle, bytes.baseAddress, Int32(bytes.count))
            }
        }
        guard sent == 1, unsafe PQflush(handle) >= 0 else {
            throw unsafe PostgresError(
                .connectionLost,
                message: trimmed(PQerrorMessage(handle)),
                function: "PQputCopyData"
            )
        }
    }

    /// Ends the stream in good order; what is still on its way is dropped.
    ///
    /// - Throws: ``PostgresError`` if the connection is lost meanwhile.
    public func endReplication() throws(PostgresError) {
        guard unsafe PQsetnonblocking(handle, 0) == 0, unsafe PQputCopyEnd(handle, nil) == 1 else {
            throw unsafe PostgresError(
                .connectionLost,
                message: trimmed(PQerrorMessage(handle)),
                function: "PQputCopyEnd"
            )
        }
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let length = unsafe PQgetCopyData(handle, &buffer, 0)
            if let buffer = unsafe buffer { unsafe PQfreemem(buffer) }
            if length == -1 { return try finishStream() }
            if length < 0 {
                throw unsafe PostgresError(
                    .connectionLost,
                    message: trimmed(PQerrorMessage(handle)),
                    function: "PQgetCopyData"
                )
            }
        }
    }

    private func finishStream() throws(PostgresError) {
        var failure: PostgresError?
        while let result = unsafe PQgetResult(handle) {
            let status = unsafe PQresultStatus(result)
            if status == PGRES_COPY_IN {
                // The server has ended its half only.
                _ = unsafe PQputCopyEnd(handle, nil)
            } else if status == PGRES_FATAL_ERROR, failure == nil {
                failure = unsafe serverError(result, function: "PQgetResult")
            }
            unsafe PQclear(result)
        }
        if let failure { throw failure }
    }

    /// Waits until the socket has bytes, and sends what could not be sent before.
    ///
    /// - Returns: `false` if nothing came in time.
    private func awaitStream(timeout: Int32) throws(PostgresError) -> Bool {
        let isFlushed = unsafe PQflush(handle) == 0
        let events = Int16(POLLIN) | (isFlushed ? 0 : Int16(POLLOUT))
        var descriptor = unsafe pollfd(fd: PQsocket(handle), events: events, revents: 0)
        let ready = unsafe poll(&descriptor, 1, timeout)
        if ready < 0, errno != EINTR {
            throw unsafe PostgresError(.connectionLost, message: String(cString: strerror(errno)), function: "poll")
        }
        guard ready > 0 else { return false }
        usleep(isTCP ? Self.streamPauseMicroseconds : Self.localPauseMicroseconds)
        for _ in 0..<Self.readsPerPause {
            guard unsafe PQconsumeInput(handle) == 1 else {
                throw unsafe PostgresError(
                    .connectionLost,
                    message: trimmed(PQerrorMessage(handle)),
                    function: "PQconsumeInput"
                )
            }
            if !hasInput { break }
        }
        return true
    }

    /// How long a socket may fill before it is read: the walsender sends one message for each change and wakes an eager
    /// reader for each.
    private static let streamPauseMicroseconds: UInt32 = 10_000

    /// The same over a Unix socket, whose buffer is full after some hundred messages: longer, and the walsender waits.
    private static let localPauseMicroseconds: UInt32 = 100

    /// libpq keeps what it reads, so that a bound to it bounds memory.
    private static let readsPerPause = 64

    private var hasInput: Bool {
        var descriptor = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLIN) != 0
    }

    private static func microsecondsSince2000() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return (Int64(now.tv_sec) - 946_684_800) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }
}

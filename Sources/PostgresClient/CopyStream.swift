import CLibPQ
import Glibc
public import PostgresWire

/// The rows of a running `COPY … TO STDOUT (FORMAT binary)`.
extension PostgresConnection {
    /// How long a socket may fill before it is read.
    static let readPauseMicroseconds: UInt32 = 1_000

    /// The kernel's buffer for a connection that reads much: what a fast server sends in a few pauses.
    static let receiveBufferByteCount: Int32 = 512 << 10

    /// Whether the connection is TCP rather than a Unix socket, whose buffer is too small to pause for.
    var isTCP: Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(PQsocket(handle), address, &length)
            }
        }
        return result == 0 && address.ss_family != sa_family_t(AF_UNIX)
    }

    /// Makes room for what arrives during a pause; a refusal costs speed only.
    func setReceiveBuffer(_ byteCount: Int32) {
        var size = byteCount
        unsafe setsockopt(PQsocket(handle), SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Starts a COPY.
    ///
    /// - Throws: ``PostgresError`` if the server refuses it.
    public func startCopy(_ sql: String) throws(PostgresError) {
        guard let result = unsafe PQexec(handle, sql) else {
            throw unsafe PostgresError(.connectionLost, message: trimmed(PQerrorMessage(handle)), function: "PQexec")
        }
        defer { unsafe PQclear(result) }
        if isTCP {
            setReceiveBuffer(Self.receiveBufferByteCount)
        }
        guard unsafe PQresultStatus(result) == PGRES_COPY_OUT else {
            throw unsafe serverError(result, function: "PQexec")
        }
    }

    /// Reads rows until the batch has no more room, or `byteLimit` bytes, or the data ends.
    ///
    /// - Parameters:
    ///   - batch: Takes the rows; rows that it holds stay.
    ///   - byteLimit: Stop once the batch holds so many bytes.
    ///   - isFirst: Whether the header is still to come; cleared when it has been read.
    /// - Returns: `false` when the COPY has ended, with everything received.
    /// - Throws: ``PostgresError`` if the connection or the server fails, or sends what is not binary COPY.
    public func readCopy(
        into batch: WireRowBatch,
        byteLimit: Int,
        isFirst: inout Bool
    ) throws(PostgresError) -> Bool {
        while batch.rowCount < batch.rowCapacity, batch.byteCount < byteLimit {
            var buffer: UnsafeMutablePointer<CChar>?
            let length = unsafe PQgetCopyData(handle, &buffer, 1)
            if length > 0, let buffer = unsafe buffer {
                defer { unsafe PQfreemem(buffer) }
                var row = unsafe UnsafeRawBufferPointer(start: buffer, count: Int(length))
                do {
                    if isFirst {
                        let header = unsafe try CopyBinaryHeader.byteCount(in: row)
                        unsafe row = unsafe UnsafeRawBufferPointer(rebasing: row[header...])
                        isFirst = false
                        // An empty table's header comes with the trailer, or by itself.
                        if unsafe row.isEmpty { continue }
                    }
                    _ = unsafe try batch.append(row: row)
                } catch {
                    throw PostgresError(
                        .protocolViolation,
                        message: "COPY data is not what the server promised: \(error)",
                        function: "PQgetCopyData"
                    )
                }
            } else if length == 0 {
                try waitForInput()
            } else if length == -1 {
                try finishCopy()
                return false
            } else {
                throw unsafe PostgresError(
                    .connectionLost,
                    message: trimmed(PQerrorMessage(handle)),
                    function: "PQgetCopyData"
                )
            }
        }
        return true
    }

    /// Waits until the socket has bytes and lets libpq take them in.
    private func waitForInput() throws(PostgresError) {
        var descriptor = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        while unsafe poll(&descriptor, 1, -1) < 0 {
            guard errno == EINTR else {
                throw unsafe PostgresError(.connectionLost, message: String(cString: strerror(errno)), function: "poll")
            }
        }
        if isTCP {
            // The server sends 8 KiB at a time and wakes an eager reader for each. Letting the socket fill for a
            // moment gets hundreds of KiB with one call: measured, a seventh of the kernel's time.
            usleep(Self.readPauseMicroseconds)
        }
        guard unsafe PQconsumeInput(handle) == 1 else {
            throw unsafe PostgresError(
                .connectionLost,
                message: trimmed(PQerrorMessage(handle)),
                function: "PQconsumeInput"
            )
        }
    }

    private func finishCopy() throws(PostgresError) {
        var failure: PostgresError?
        while let result = unsafe PQgetResult(handle) {
            if unsafe PQresultStatus(result) != PGRES_COMMAND_OK, failure == nil {
                failure = unsafe serverError(result, function: "PQgetResult")
            }
            unsafe PQclear(result)
        }
        if let failure { throw failure }
    }
}

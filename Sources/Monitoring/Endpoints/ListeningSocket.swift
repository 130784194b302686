import Glibc
import Telemetry

/// A socket that waits for connections, closed with its owner.
struct ListeningSocket: ~Copyable {
    /// Connections that wait to be taken.
    private static let backlog: Int32 = 64

    let descriptor: Int32

    /// Begins to listen.
    ///
    /// The C functions are `getaddrinfo`, `socket`, `bind` and `listen`.
    ///
    /// - Throws: ``ListeningError``.
    init(_ address: ListenAddress) throws(ListeningError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = Int32(AI_PASSIVE) | Int32(AI_NUMERICSERV)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, "\(address.port)", &hints, &list)
        guard code == 0, let first = list else {
            throw ListeningError(reason: String(cString: gai_strerror(code)), isInUse: false)
        }
        defer { freeaddrinfo(first) }
        var failure = ListeningError(reason: "no address", isInUse: false)
        var next = list
        while let info = next {
            next = info.pointee.ai_next
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let socket = Glibc.socket(info.pointee.ai_family, type, 0)
            guard socket >= 0 else {
                failure = ListeningError(errno)
                continue
            }
            var on: Int32 = 1
            // Connections of a former process that linger must not keep the port.
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            guard bind(socket, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0, listen(socket, Self.backlog) == 0
            else {
                failure = ListeningError(errno)
                close(socket)
                continue
            }
            descriptor = socket
            return
        }
        throw failure
    }

    deinit { close(descriptor) }

    /// The port, also where any was asked for.
    ///
    /// The C function is `getsockname`.
    var port: UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return Int32(-1) }
            return getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard code == 0 else { return nil }
        // The port is at the same place in addresses of both families.
        return withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    }

    /// The next connection that waits, as a socket that does not block; nil if none does.
    ///
    /// The C function is `accept`.
    ///
    /// - Throws: ``ListeningError`` if the process or the system has no room for one.
    func accept() throws(ListeningError) -> Int32? {
        while true {
            let connection = Glibc.accept(descriptor, nil, nil)
            if connection >= 0 {
                DescriptorFlags.set(on: connection)
                return connection
            }
            switch errno {
            // The client has gone already.
            case EINTR, ECONNABORTED, EPROTO: continue
            case EAGAIN, EWOULDBLOCK: return nil
            default: throw ListeningError(errno)
            }
        }
    }
}

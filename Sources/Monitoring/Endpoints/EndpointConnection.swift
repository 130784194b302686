import Glibc

/// One connection: reads the head of one request, sends one answer, and ends.
///
/// Blocks nowhere. What a client sends after the head is read and thrown away, because a connection that is closed with
/// something unread may lose the answer on its way.
struct EndpointConnection {
    /// The head of a request may take so many bytes.
    static let headLimit = 8 * 1024
    /// What is read and thrown away after the head.
    private static let drainLimit = 64 * 1024
    private static let drainPatience = Duration.seconds(1)

    private enum State {
        /// The head is not complete. May become `.writing`.
        case reading
        /// May become `.draining`.
        case writing(sent: Int)
        /// The answer is sent; waiting until the client closes.
        case draining(byteCount: Int)
        case ended
    }

    let descriptor: Int32
    /// When it is given up.
    private(set) var deadline: ContinuousClock.Instant
    private var state = State.reading
    private var received: [UInt8] = []
    private var answer: [UInt8] = []

    /// Takes over a connected socket that does not block; whoever made it closes it.
    init(descriptor: Int32, deadline: ContinuousClock.Instant) {
        self.descriptor = descriptor
        self.deadline = deadline
    }

    var isEnded: Bool {
        if case .ended = state { return true }
        return false
    }

    /// Whether it waits for the client to say something or to go, so that nothing of an answer is lost with it.
    var isIdle: Bool {
        if case .writing = state { return false }
        return true
    }

    /// What `poll` is to wait for.
    var events: Int16 {
        if case .writing = state { return Int16(POLLOUT) }
        return Int16(POLLIN)
    }

    /// Goes on as far as that is possible without waiting.
    mutating func proceed(_ respond: (EndpointRequest) -> EndpointResponse) {
        while true {
            switch state {
            case .reading:
                guard let count = receive(into: &received) else { return }
                if count == 0 { return state = .ended }
                guard let (response, withBody) = response(respond) else { continue }
                answer = response.bytes(withBody: withBody)
                received = []
                state = .writing(sent: 0)
            case .writing(let sent):
                guard let count = send(from: sent) else { return }
                guard sent + count == answer.count else {
                    state = .writing(sent: sent + count)
                    continue
                }
                answer = []
                shutdown(descriptor, Int32(SHUT_WR))
                state = .draining(byteCount: 0)
                deadline = min(deadline, .now + Self.drainPatience)
            case .draining(let byteCount):
                received.removeAll(keepingCapacity: true)
                guard let count = receive(into: &received) else { return }
                if count == 0 || byteCount + count > Self.drainLimit { return state = .ended }
                state = .draining(byteCount: byteCount + count)
            case .ended: return
            }
        }
    }

    /// The answer, once the head is complete or cannot become so.
    private func response(_ respond: (EndpointRequest) -> EndpointResponse) -> (EndpointResponse, withBody: Bool)? {
        guard let end = Self.endOfHead(in: received) else {
            return received.count < Self.headLimit ? nil : (EndpointRefusal.headTooLong.response, true)
        }
        do throws(EndpointRefusal) {
            let request = try EndpointRequest(head: received[..<end])
            return (respond(request), request.method == .get)
        } catch {
            return (error.response, true)
        }
    }

    /// Where the empty line begins that ends the head.
    private static func endOfHead(in bytes: [UInt8]) -> Int? {
        let newline = UInt8(ascii: "\n")
        for index in bytes.indices where bytes[index] == newline && index > 0 {
            if bytes[index - 1] == newline { return index }
            if index > 1, bytes[index - 1] == UInt8(ascii: "\r"), bytes[index - 2] == newline { return index }
        }
        return nil
    }

    // MARK: - System calls

    /// Reads what is there, up to the head's limit; nil if nothing is, 0 at the end or after an error.
    ///
    /// The C function is `recv`.
    private func receive(into buffer: inout [UInt8]) -> Int? {
        var piece = [UInt8](repeating: 0, count: max(1, Self.headLimit - buffer.count))
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            guard count > 0 else { return 0 }
            buffer.append(contentsOf: piece[..<count])
            return count
        }
    }

    /// Sends what the socket takes; nil if it takes nothing now.
    ///
    /// The C function is `send`.
    private mutating func send(from sent: Int) -> Int? {
        while true {
            let count = answer.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor,
                    bytes.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            guard count >= 0 else {
                state = .ended
                return nil
            }
            return count
        }
    }
}

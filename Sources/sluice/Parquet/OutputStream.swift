import Bytes
import Glibc

/// Where a command writes what it was asked for; more than fits in memory may go through it.
struct OutputStream {
    /// Nobody reads any more.
    struct Closed: Error {}

    private let writeBytes: (UnsafeRawBufferPointer) throws -> Void
    /// How many characters fit in one line; `nil` where nobody looks on.
    let width: Int?

    /// Sends everything to a closure.
    init(width: Int? = nil, write: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.width = width
        writeBytes = write
    }

    /// Standard output.
    ///
    /// The C functions are `write`, `isatty` and `ioctl` with `TIOCGWINSZ`.
    static var standard: OutputStream {
        var size = winsize()
        let isTerminal = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return OutputStream(width: isTerminal && size.ws_col > 0 ? Int(size.ws_col) : nil) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    throw Closed()
                } else if errno != EINTR {
                    throw WorkFailure(
                        "Standard output cannot be written to. Reason: \(String(cString: strerror(errno)))"
                    )
                }
            }
        }
    }

    /// Writes a text.
    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try writeBytes(UnsafeRawBufferPointer($0)) }
    }

    /// Writes the bytes of a buffer and empties it.
    func write(_ buffer: ByteBuffer) throws {
        try writeBytes(buffer.bytes)
        buffer.removeAll()
    }
}

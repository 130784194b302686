import Glibc
import Synchronization

/// Where log lines and the progress line go; the two never overwrite each other.
///
/// Safe to use from any thread: one lock covers the descriptor and the line that is on the screen.
public final class LineOutput: Sendable {
    private struct State {
        var progress = ""
    }

    /// Whether a person is looking, who is shown a progress line.
    public let isTerminal: Bool
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Standard error; it is a terminal if the C function `isatty` says so and `TERM` is not `dumb`.
    public static let standardError = LineOutput(
        isTerminal: isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    ) { text in
        LineOutput.writeAll(text, to: STDERR_FILENO)
    }

    /// Sends everything to a closure, called by one thread at a time.
    public init(isTerminal: Bool, write: @escaping @Sendable (String) -> Void) {
        self.isTerminal = isTerminal
        self.write = write
    }

    /// Writes one line, above the progress line if there is one.
    public func writeLine(_ line: String) {
        state.withLock { state in
            write(state.progress.isEmpty ? "\(line)\n" : "\(Self.erase)\(line)\n\(state.progress)")
        }
    }

    /// Puts a line at the bottom of the terminal, in place of the one before; an empty line removes it.
    ///
    /// Does nothing where there is no terminal.
    public func showProgress(_ line: String) {
        guard isTerminal else { return }
        state.withLock { state in
            if state.progress == line { return }
            state.progress = line
            write(Self.erase + line)
        }
    }

    /// How many characters fit in one line of the terminal.
    ///
    /// The C function is `ioctl` with `TIOCGWINSZ`.
    static var terminalWidth: Int { width(of: STDERR_FILENO) }

    /// How many characters fit in one line of the terminal that standard output is.
    public static var standardOutputWidth: Int { width(of: STDOUT_FILENO) }

    private static func width(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Carriage return and the control sequence "erase to the end of the line".
    private static let erase = "\r\u{1b}[K"

    private static func writeAll(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                // Nobody is left to be told that messages cannot be written.
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}

import Glibc

/// Small configuration files.
enum TextFile {
    /// A configuration of this size is a mistake, such as a path to a device.
    static let sizeLimit = 1024 * 1024

    /// Reads a file; nil when there is none at this path or it may not be read, with the reason.
    ///
    /// The corresponding C functions are `open` and `read`.
    static func read(_ path: String) -> (text: String?, reason: String) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return (nil, reason(errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return (nil, reason(errno)) }
            guard count > 0 else { return (String(decoding: bytes, as: UTF8.self), "") }
            bytes.append(contentsOf: piece[..<count])
            guard bytes.count <= sizeLimit else { return (nil, "larger than \(sizeLimit) bytes") }
        }
    }

    /// Returns the text without the line breaks at its end, which most programs that write a file leave there.
    static func withoutFinalBreaks(_ text: String) -> String {
        var rest = text[...]
        while rest.last?.isNewline == true { rest.removeLast() }
        return String(rest)
    }

    /// Puts a file that only its owner may read in the place of another; returns the reason if that fails.
    ///
    /// A reader sees the old file or the new one. The corresponding C functions are `open`, `write` and `rename`.
    static func replace(_ path: String, _ bytes: [UInt8]) -> String? {
        let temporary = "\(path).\(UInt64.random(in: .min ... .max))"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return reason(errno) }
        var failure: String?
        var written = 0
        while written < bytes.count, failure == nil {
            let count = unsafe bytes[written...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { written += count } else if errno != EINTR { failure = reason(errno) }
        }
        if close(descriptor) != 0, failure == nil { failure = reason(errno) }
        if failure == nil, unsafe rename(temporary, path) != 0 { failure = reason(errno) }
        if failure != nil { _ = unsafe unlink(temporary) }
        return failure
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "no such file"
        case EACCES: "permission denied"
        case EISDIR: "is a directory"
        default: unsafe String(cString: strerror(code))
        }
    }
}

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

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "no such file"
        case EACCES: "permission denied"
        case EISDIR: "is a directory"
        default: unsafe String(cString: strerror(code))
        }
    }
}

import Glibc

/// The process's file mode creation mask.
enum ProcessMask {
    /// The mode that a new file gets; nil if the mask cannot be read.
    ///
    /// `umask` itself cannot be asked without being changed for all threads.
    static let fileMode: mode_t? = {
        guard let file = try? FileDescriptor("/proc/self/status", in: AT_FDCWD, O_RDONLY) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try? file.read(at: 0, into: &bytes)
        let lines = String(decoding: bytes.prefix(count ?? 0), as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("Umask:") }),
            let word = line.split(whereSeparator: \.isWhitespace).last, let mask = mode_t(word, radix: 8)
        else { return nil }
        return 0o666 & ~mask
    }()
}

import Glibc

/// What every descriptor of the server is: it blocks nobody, and no program that is started has it.
enum DescriptorFlags {
    /// Sets both; the C function is `fcntl`.
    static func set(on descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
}

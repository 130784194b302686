import Glibc

/// Threads for blocking C calls, which must not run on the cooperative pool.
public enum OwnerThread {
    /// Starts a detached thread that runs `body` and ends with it.
    ///
    /// The corresponding C function is `pthread_create`; returns false when the system refuses another thread.
    public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let start = unsafe Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let result = unsafe pthread_create(&thread, nil, threadMain, start.toOpaque())
        guard result == 0 else {
            unsafe start.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    fileprivate final class Start {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    blockSignals()
    let start = unsafe Unmanaged<OwnerThread.Start>.fromOpaque(context).takeRetainedValue()
    start.body()
    return nil
}

/// Leaves the process's signals to its other threads, and turns a broken pipe into an error of the call.
///
/// libcurl does not do that itself when it is told to keep away from signals, which threads require.
private func blockSignals() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] { unsafe sigaddset(&signals, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}

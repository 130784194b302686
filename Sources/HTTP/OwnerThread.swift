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
    let start = unsafe Unmanaged<OwnerThread.Start>.fromOpaque(context).takeRetainedValue()
    start.body()
    return nil
}

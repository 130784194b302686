import Glibc

/// Owns a counting semaphore.
@safe struct Semaphore: ~Copyable, @unchecked Sendable {
    // Unchecked: a semaphore is made for several threads, and the pointer never changes.
    private let pointer: UnsafeMutablePointer<sem_t>

    /// The corresponding C function is `sem_init`.
    init() throws(SystemFailure) {
        let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        guard unsafe sem_init(pointer, 0, 0) == 0 else {
            let number = errno
            unsafe pointer.deallocate()
            throw SystemFailure(number: number, function: "sem_init")
        }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe sem_destroy(pointer)
        unsafe pointer.deallocate()
    }

    /// Adds one; wakes a thread that waits.
    ///
    /// The corresponding C function is `sem_post`, which fails only beyond 2^31 pending signals.
    func signal() { unsafe _ = sem_post(pointer) }

    /// Waits until the count is above zero, and takes one from it.
    ///
    /// The corresponding C function is `sem_wait`, which fails only when a signal interrupts it.
    func wait() {
        while unsafe sem_wait(pointer) != 0 {}
    }
}

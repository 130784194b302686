import Foundation

/// Runs blocking work on a thread of its own, off the cooperative pool.
func onOwnThread(_ work: @Sendable @escaping () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try work() }) }
        // Deep enough for schemas as deep as the reader takes.
        thread.stackSize = 8 << 20
        thread.start()
    }
}

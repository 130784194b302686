import Synchronization

/// Transactions that several threads have found.
final class FoundTransactions: Sendable {
    private let state = Mutex<(found: Set<UInt32>, failure: (any Error)?)>(([], nil))

    /// Adds what one of them has found.
    func note(_ result: Result<Set<UInt32>, any Error>) {
        state.withLock { state in
            switch result {
            case .success(let found): state.found.formUnion(found)
            case .failure(let error): if state.failure == nil { state.failure = error }
            }
        }
    }

    /// All of them, or the first failure.
    func transactions() throws -> Set<UInt32> {
        let (found, failure) = state.withLock { ($0.found, $0.failure) }
        if let failure { throw failure }
        return found
    }
}

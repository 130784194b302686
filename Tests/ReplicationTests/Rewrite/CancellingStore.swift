import ObjectStorage
import Synchronization

@testable import Replication

/// A store that ends a run while it is asked to read, as a signal would.
final class CancellingStore: ForwardingStore {
    let store: any ObjectStore
    private let control: RunControl
    private let limit: Int
    private let count = Mutex(0)

    /// Ends the run at the read of that number.
    init(_ store: any ObjectStore, _ control: RunControl, atRead limit: Int) {
        self.store = store
        self.control = control
        self.limit = limit
    }

    /// The reads so far.
    var readCount: Int { count.withLock { $0 } }

    func get(_ key: String, range: Range<Int>?, version: ObjectVersion?) async throws(ObjectStorageError) -> [UInt8] {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number == limit { control.cancel() }
        return try await store.get(key, range: range, version: version)
    }
}

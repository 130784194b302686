import Bytes
import Lake
import ObjectStorage
import Parquet
import Synchronization

/// An object that keeps the store's error, of which a reader of Parquet passes on the words alone.
final class ReportingByteSource: ByteSource {
    private let source: ObjectByteSource
    private let failure = Mutex<ObjectStorageError?>(nil)

    init(_ source: ObjectByteSource) {
        self.source = source
    }

    var byteCount: Int { source.byteCount }

    func read(_ range: Range<Int>, into buffer: ByteBuffer) throws {
        do {
            try source.read(range, into: buffer)
        } catch {
            if let error = error as? ObjectStorageError { failure.withLock { $0 = error } }
            throw error
        }
    }

    /// Why the store has not answered, if that is why reading has failed.
    var storeFailure: ObjectStorageError? { failure.withLock { $0 } }
}

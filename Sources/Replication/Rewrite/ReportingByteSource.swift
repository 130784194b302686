import Bytes
import Lake
import ObjectStorage
import Parquet
import Synchronization

/// An object that is to be read as a whole, bit by bit.
///
/// A small one is fetched at once: footer, index and pages cost one request. The store's error is kept, of which a reader
/// of Parquet passes on the words alone.
final class ReportingByteSource: ByteSource {
    /// What a store sends in hardly more time than it takes to answer.
    private static let smallByteCount = 4 << 20

    private let source: ObjectByteSource
    private let whole = Mutex<[UInt8]?>(nil)
    private let failure = Mutex<ObjectStorageError?>(nil)

    init(_ source: ObjectByteSource) {
        self.source = source
    }

    var byteCount: Int { source.byteCount }

    func read(_ range: Range<Int>, into buffer: ByteBuffer) throws {
        do {
            guard byteCount <= Self.smallByteCount else { return try source.read(range, into: buffer) }
            let bytes = try whole.withLock { whole in
                if let whole { return whole }
                let fetched = ByteBuffer()
                try source.read(0..<byteCount, into: fetched)
                let bytes = fetched.copyBytes()
                whole = bytes
                return bytes
            }
            bytes.withUnsafeBytes { buffer.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
        } catch {
            if let error = error as? ObjectStorageError { failure.withLock { $0 = error } }
            throw error
        }
    }

    /// Why the store has not answered, if that is why reading has failed.
    var storeFailure: ObjectStorageError? { failure.withLock { $0 } }
}

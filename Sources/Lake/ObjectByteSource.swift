public import Bytes
import Dispatch
public import ObjectStorage
public import Parquet
import Synchronization

/// An object of a store, of which only the ranges that are asked for are fetched.
///
/// Reading blocks the calling thread, which must be none of the cooperative pool's.
public struct ObjectByteSource: ByteSource {
    /// The bytes of one request: a lost connection costs no more.
    private static let requestByteCount = 64 << 20

    private let store: any ObjectStore
    private let object: ObjectInfo

    /// Looks at the object; all ranges are of the version that is there now.
    ///
    /// - Throws: `ObjectStorageError`, of code `notFound` if there is none.
    public init(_ key: String, in store: any ObjectStore) async throws(ObjectStorageError) {
        guard let object = try await store.head(key) else {
            throw ObjectStorageError(.notFound, "\(store.location)/\(key) does not exist")
        }
        self.init(object, in: store)
    }

    /// Takes an object as a listing shows it; all ranges are of that version.
    public init(_ object: ObjectInfo, in store: any ObjectStore) {
        self.store = store
        self.object = object
    }

    /// The object's length.
    public var byteCount: Int { object.byteCount }

    /// Appends the bytes of the range to the buffer.
    ///
    /// - Throws: `ObjectStorageError`, of code `conflict` or `notFound` if that version is gone.
    public func read(_ range: Range<Int>, into buffer: ByteBuffer) throws {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, start + Self.requestByteCount)
            buffer.append(try fetch(start..<end))
            start = end
        }
    }

    private func fetch(_ range: Range<Int>) throws(ObjectStorageError) -> [UInt8] {
        let answer = Answer()
        Task.detached { [store, object] in
            let result: Result<[UInt8], ObjectStorageError>
            do throws(ObjectStorageError) {
                result = .success(try await store.get(object.key, range: range, version: object.version))
            } catch {
                result = .failure(error)
            }
            answer.result.withLock { $0 = result }
            answer.isThere.signal()
        }
        answer.isThere.wait()
        guard let result = answer.result.withLock({ $0 }) else { return [] }
        return try result.get()
    }

    /// Bytes on their way from one thread to another.
    private final class Answer: Sendable {
        let result = Mutex<Result<[UInt8], ObjectStorageError>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }
}

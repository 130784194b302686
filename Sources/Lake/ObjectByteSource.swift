public import Bytes
import Dispatch
public import ObjectStorage
public import Parquet
import Synchronization

/// An object of a store, of which only the ranges that are asked for are fetched.
///
/// The end, where a file's footer is, is fetched as a whole as soon as something of it is wanted, and kept; so is a small
/// object. Reading blocks the calling thread, which must be none of the cooperative pool's.
public struct ObjectByteSource: ByteSource {
    /// The bytes of one request: a lost connection costs no more.
    private static let requestByteCount = 64 << 20

    /// The bytes at the end that are fetched with one request: the footer of a table of some dozens of columns, and what a
    /// store sends in less time than it takes to answer.
    private static let tailByteCount = 64 << 10

    private let store: any ObjectStore
    private let object: ObjectInfo
    private let tail: Tail

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
    ///
    /// - Parameters:
    ///   - object: The object.
    ///   - store: The store.
    ///   - tail: The object's last bytes, if they are known; they are not fetched again.
    public init(_ object: ObjectInfo, in store: any ObjectStore, tail: [UInt8] = []) {
        self.store = store
        self.object = object
        self.tail = Tail(tail.count <= object.byteCount ? tail : [])
    }

    /// The object's length.
    public var byteCount: Int { object.byteCount }

    /// Appends the bytes of the range to the buffer.
    ///
    /// - Throws: `ObjectStorageError`, of code `conflict` or `notFound` if that version is gone.
    public func read(_ range: Range<Int>, into buffer: ByteBuffer) throws {
        if try readTail(range, into: buffer) { return }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, start + Self.requestByteCount)
            buffer.append(try fetch(start..<end))
            start = end
        }
    }

    /// Appends the bytes of the range, if it lies in the tail.
    private func readTail(_ range: Range<Int>, into buffer: ByteBuffer) throws(ObjectStorageError) -> Bool {
        var known = tail.bytes.withLock { $0 }
        let start = max(0, byteCount - Self.tailByteCount)
        if range.lowerBound < byteCount - known.count, range.lowerBound >= start, !range.isEmpty {
            // Of several threads each may fetch it, which does no harm.
            let fetched = try fetch(start..<byteCount)
            tail.bytes.withLock { $0 = fetched }
            known = fetched
        }
        let first = range.lowerBound - (byteCount - known.count)
        guard first >= 0, first + range.count <= known.count else { return false }
        known.withUnsafeBytes { buffer.append(UnsafeRawBufferPointer(rebasing: $0[first..<first + range.count])) }
        return true
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

    /// The end of the object as far as it is known.
    private final class Tail: Sendable {
        let bytes: Mutex<[UInt8]>

        init(_ bytes: [UInt8]) {
            self.bytes = Mutex(bytes)
        }
    }

    /// Bytes on their way from one thread to another.
    private final class Answer: Sendable {
        let result = Mutex<Result<[UInt8], ObjectStorageError>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }
}

import Bytes

/// Messages of the output plugin as they came over the wire, one behind the other.
@safe
public final class MessageBatch {
    private let buffer: ByteBuffer
    private var ends: [Int] = []

    /// Creates an empty batch.
    public init() {
        buffer = ByteBuffer(capacity: 1 << 18)
        ends.reserveCapacity(1 << 12)
    }

    /// The messages held.
    public var messageCount: Int { ends.count }

    /// The bytes of all messages held.
    public var byteCount: Int { buffer.count }

    /// The bytes of memory held.
    public var allocatedByteCount: Int { buffer.capacity + ends.capacity * MemoryLayout<Int>.size }

    /// Appends one message.
    public func append(_ message: UnsafeRawBufferPointer) {
        if let start = message.baseAddress {
            unsafe buffer.reserve(message.count).copyMemory(from: start, byteCount: message.count)
            buffer.advance(by: message.count)
        }
        ends.append(buffer.count)
    }

    /// Hands out one message.
    ///
    /// - Parameters:
    ///   - index: Which, from 0 to ``messageCount``.
    ///   - body: Takes the message's bytes, which are there as long as it runs.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withMessage<Result, Failure: Error>(
        _ index: Int,
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = index == 0 ? 0 : ends[index - 1]
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<ends[index]])
        return try body(unsafe bytes.bytes)
    }

    /// Forgets all messages, keeping the memory unless one odd message made it very large.
    public func removeAll() {
        ends.removeAll(keepingCapacity: true)
        buffer.removeAll()
        if buffer.capacity > 64 << 20 { buffer.release() }
    }
}

import Glibc

/// A growable run of bytes in memory of its own.
///
/// The bytes move when the buffer grows, so a pointer taken from it holds until the next call that can grow it.
/// A class because buffers are long-lived, owned by one builder each and too large to copy by accident.
@safe
public final class ByteBuffer {
    @usableFromInline
    @safe
    struct State {
        @usableFromInline var storage: UnsafeMutableRawPointer?
        @usableFromInline var count = 0
        @usableFromInline var capacity = 0

        init() {}
    }

    // Behind a pointer, because the runtime checks each access to a class's variables for overlaps: in the loops that
    // append value by value those checks took a third of all time.
    @usableFromInline
    let state: UnsafeMutablePointer<State>

    /// The number of bytes held.
    @inlinable
    public var count: Int { unsafe state.pointee.count }

    /// The number of bytes that fit without growing.
    @inlinable
    public var capacity: Int { unsafe state.pointee.capacity }

    /// Bytes that may be read or written past `capacity` without leaving the allocation.
    ///
    /// Lets copy loops move whole 16-byte blocks without asking how many of the bytes are wanted.
    public static let slack = 32

    /// Creates an empty buffer, allocating nothing.
    public init() {
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State())
    }

    /// Creates an empty buffer with room for `capacity` bytes.
    public convenience init(capacity: Int) {
        self.init()
        unsafe grow(to: capacity)
    }

    deinit {
        unsafe free(state.pointee.storage)
        unsafe state.deallocate()
    }

    /// The first byte; valid until the buffer grows.
    ///
    /// Allocates if the buffer never held anything, so that callers need no optional.
    @inlinable
    public var base: UnsafeMutableRawPointer {
        if let storage = unsafe state.pointee.storage { return unsafe storage }
        return unsafe grow(to: 64)
    }

    /// The bytes held; valid until the buffer grows.
    @inlinable
    public var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: state.pointee.storage, count: count)
    }

    /// Makes room for `byteCount` more bytes and returns the place where they go.
    ///
    /// The caller writes them and then says how many with ``advance(by:)``.
    @inlinable
    public func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let needed = count + byteCount
        if let storage = unsafe state.pointee.storage, needed <= capacity { return unsafe storage + count }
        return unsafe grow(to: max(needed, capacity * 2)) + count
    }

    /// Counts bytes that were written to the place which ``reserve(_:)`` returned.
    @inlinable
    public func advance(by byteCount: Int) {
        precondition(byteCount >= 0 && count + byteCount <= capacity, "wrote more than was reserved")
        unsafe state.pointee.count += byteCount
    }

    /// Appends a copy of the bytes.
    @inlinable
    public func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        unsafe reserve(source.count).copyMemory(from: start, byteCount: source.count)
        unsafe state.pointee.count += source.count
    }

    /// Appends the bytes of the array.
    @inlinable
    public func append(_ source: [UInt8]) {
        unsafe source.withUnsafeBytes { unsafe append($0) }
    }

    /// Appends one byte.
    @inlinable
    public func append(_ byte: UInt8) {
        unsafe reserve(1).storeBytes(of: byte, as: UInt8.self)
        unsafe state.pointee.count += 1
    }

    /// Appends an integer, least significant byte first.
    @inlinable
    public func appendLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        unsafe reserve(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
        unsafe state.pointee.count += MemoryLayout<T>.size
    }

    /// Appends an unsigned integer in LEB128: seven bits a byte, least significant first.
    @inlinable
    public func appendVarint(_ value: UInt64) {
        var rest = value
        let start = unsafe reserve(10)
        var length = 0
        while rest >= 0x80 {
            unsafe start.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: length, as: UInt8.self)
            rest >>= 7
            length += 1
        }
        unsafe start.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: length, as: UInt8.self)
        unsafe state.pointee.count += length + 1
    }

    /// Forgets the bytes past the first `length`, keeping the memory.
    @inlinable
    public func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "a buffer shrinks only")
        unsafe state.pointee.count = length
    }

    /// Forgets all bytes, keeping the memory.
    @inlinable
    public func removeAll() {
        unsafe state.pointee.count = 0
    }

    /// Forgets all bytes and gives the memory back.
    public func release() {
        unsafe free(state.pointee.storage)
        unsafe state.pointee.storage = nil
        unsafe state.pointee.count = 0
        unsafe state.pointee.capacity = 0
    }

    /// The bytes as an array of their own.
    public func copyBytes() -> [UInt8] {
        unsafe [UInt8](bytes)
    }

    @discardableResult
    @inline(never)
    @usableFromInline
    func grow(to wanted: Int) -> UnsafeMutableRawPointer {
        // Large blocks are moved by the page table: no copy, and no page is touched again. 16 bytes are the alignment of
        // every block of the C library.
        guard let grown = unsafe realloc(state.pointee.storage, wanted + Self.slack) else {
            preconditionFailure("out of memory: a buffer cannot grow to \(wanted) bytes")
        }
        unsafe state.pointee.storage = unsafe grown
        unsafe state.pointee.capacity = wanted
        return unsafe grown
    }
}

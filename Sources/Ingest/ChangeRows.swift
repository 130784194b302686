import Bytes
public import PostgresWire

/// What a change is, besides its row.
public struct ChangeStamp: Sendable, Equatable {
    /// The kinds of change; the raw value is what `_op` says.
    public enum Operation: UInt8, Sendable {
        case insert = 0x49
        case update = 0x55
        case delete = 0x44
        case truncate = 0x54
    }

    /// What happened.
    public var operation: Operation
    /// The commit LSN of the transaction.
    public var lsn: Int64
    /// The change's place within the transaction, from 1.
    public var sequence: Int64
    /// The transaction.
    public var xid: UInt32
    /// When it was committed, in microseconds since 1970-01-01 UTC.
    public var committedAt: Int64

    /// Describes a change.
    public init(operation: Operation, lsn: Int64, sequence: Int64, xid: UInt32, committedAt: Int64) {
        self.operation = operation
        self.lsn = lsn
        self.sequence = sequence
        self.xid = xid
        self.committedAt = committedAt
    }
}

/// Changes of one table as they came over the wire, with their stamps.
///
/// Used by one thread at a time.
public final class ChangeRows {
    /// The rows; of a TRUNCATE one without values.
    public let wire: WireRowBatch
    let stamps = ByteBuffer()
    private(set) var oldKeys: [(row: Int, json: [UInt8])] = []

    /// Creates room for changes of a table.
    ///
    /// - Parameters:
    ///   - columnCount: The cells of each row.
    ///   - rowCapacity: The most changes that fit.
    public init(columnCount: Int, rowCapacity: Int) {
        wire = WireRowBatch(columnCount: columnCount, rowCapacity: rowCapacity, byteCapacity: rowCapacity * 64)
    }

    /// The changes held.
    public var rowCount: Int { wire.rowCount }

    /// Whether no more changes fit.
    public var isFull: Bool { wire.rowCount == wire.rowCapacity }

    /// The bytes of memory held.
    public var allocatedByteCount: Int { wire.allocatedByteCount + stamps.capacity }

    /// Describes the row that was last appended to ``wire``.
    ///
    /// - Parameters:
    ///   - stamp: What the change is.
    ///   - oldKey: The former key as JSON, if an UPDATE has changed it.
    public func stamp(_ stamp: ChangeStamp, oldKey: [UInt8]? = nil) {
        let target = unsafe stamps.reserve(MemoryLayout<ChangeStamp>.stride)
        unsafe target.storeBytes(of: stamp, as: ChangeStamp.self)
        stamps.advance(by: MemoryLayout<ChangeStamp>.stride)
        if let oldKey { oldKeys.append((wire.rowCount - 1, oldKey)) }
    }

    /// Forgets all changes, keeping the memory.
    public func removeAll() {
        wire.removeAll()
        stamps.removeAll()
        oldKeys.removeAll(keepingCapacity: true)
    }
}

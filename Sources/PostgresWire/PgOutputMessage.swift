/// A message of the output plugin pgoutput.
///
/// Rows are left where they are: a ``PgOutputTuple`` says where.
public enum PgOutputMessage: Equatable, Sendable {
    /// A transaction begins; its changes follow.
    case begin(finalLSN: LSN, committedAt: Int64, xid: UInt32)
    /// The transaction is complete. Only `endLSN` may ever be confirmed.
    case commit(commitLSN: LSN, endLSN: LSN, committedAt: Int64)
    /// The transaction came from another server.
    case origin(lsn: LSN, name: String)
    /// What a table looks like from here on.
    case relation(PgOutputRelation, xid: UInt32?)
    /// The name of a type that a relation is about to use.
    case type(oid: UInt32, schema: String, name: String, xid: UInt32?)
    /// A new row.
    case insert(relation: UInt32, new: PgOutputTuple, xid: UInt32?)
    /// A changed row; `old` is its former key, or all of it.
    case update(relation: UInt32, old: PgOutputOldTuple?, new: PgOutputTuple, xid: UInt32?)
    /// A row that went away.
    case delete(relation: UInt32, old: PgOutputOldTuple, xid: UInt32?)
    /// Tables that were emptied.
    case truncate(relations: [UInt32], cascades: Bool, restartsIdentity: Bool, xid: UInt32?)
    /// What somebody wrote with `pg_logical_emit_message`.
    case message(lsn: LSN, prefix: String, isTransactional: Bool, xid: UInt32?)
    /// Changes of a transaction that is still running follow.
    case streamStart(xid: UInt32, isFirst: Bool)
    /// They end for now.
    case streamStop
    /// A streamed transaction is complete.
    case streamCommit(xid: UInt32, commitLSN: LSN, endLSN: LSN, committedAt: Int64)
    /// A streamed transaction, or one of its savepoints, was rolled back.
    case streamAbort(xid: UInt32, subtransaction: UInt32)
    /// A transaction that will be prepared begins.
    case beginPrepare(PgOutputPrepared)
    /// It is prepared.
    case prepare(PgOutputPrepared)
    /// A prepared transaction was committed.
    case commitPrepared(PgOutputPrepared)
    /// A prepared transaction was rolled back.
    case rollbackPrepared(PgOutputPrepared)
    /// A streamed transaction is prepared.
    case streamPrepare(PgOutputPrepared)
}

/// Where a row lies within a message.
public struct PgOutputTuple: Equatable, Sendable {
    /// The first cell, counted from the message's first byte.
    public var offset: Int
    /// The bytes of all cells.
    public var byteCount: Int
    /// The number of cells.
    public var columnCount: Int

    /// Describes a row.
    public init(offset: Int, byteCount: Int, columnCount: Int) {
        self.offset = offset
        self.byteCount = byteCount
        self.columnCount = columnCount
    }
}

/// The row as it was.
public enum PgOutputOldTuple: Equatable, Sendable {
    /// The columns of the replica identity; NULL stands for the others.
    case key(PgOutputTuple)
    /// All columns.
    case row(PgOutputTuple)
}

/// Positions of a prepared transaction.
public struct PgOutputPrepared: Equatable, Sendable {
    /// Where it was prepared, or where it was committed or rolled back.
    public var lsn: LSN
    /// Where that record ends.
    public var endLSN: LSN
    /// Microseconds since 2000-01-01 UTC.
    public var time: Int64
    /// The transaction.
    public var xid: UInt32
    /// Its global identifier.
    public var identifier: String
}

/// A table as a message describes it.
public struct PgOutputRelation: Equatable, Sendable {
    /// Which columns tell a row's former version apart (`relreplident`).
    public enum Identity: UInt8, Sendable {
        case primaryKey = 0x64
        case nothing = 0x6e
        case full = 0x66
        case index = 0x69
    }

    /// A column.
    public struct Column: Equatable, Sendable {
        /// Whether it belongs to the replica identity.
        public var isInIdentity: Bool
        /// Its name.
        public var name: String
        /// Its type.
        public var typeOID: UInt32
        /// Its type's modifier.
        public var modifier: Int32

        /// Describes a column.
        public init(isInIdentity: Bool, name: String, typeOID: UInt32, modifier: Int32) {
            self.isInIdentity = isInIdentity
            self.name = name
            self.typeOID = typeOID
            self.modifier = modifier
        }
    }

    /// The table, or the root of its partitions.
    public var oid: UInt32
    /// Its schema; empty stands for `pg_catalog`.
    public var schema: String
    /// Its name.
    public var name: String
    /// Its replica identity.
    public var identity: Identity
    /// Its published columns.
    public var columns: [Column]

    /// Describes a table.
    public init(oid: UInt32, schema: String, name: String, identity: Identity, columns: [Column]) {
        self.oid = oid
        self.schema = schema
        self.name = name
        self.identity = identity
        self.columns = columns
    }
}

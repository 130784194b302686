import Bytes

/// Reads the messages of pgoutput, protocol versions 1 to 4.
///
/// PostgreSQL documentation, "Logical Replication Message Formats". All integers are big endian, text ends with a zero
/// byte, `[xid]` stands between stream start and stream stop only.
/// ```
/// begin             'B' finalLSN:UInt64 time:Int64 xid:UInt32
/// commit            'C' flags:UInt8 commitLSN:UInt64 endLSN:UInt64 time:Int64
/// origin            'O' lsn:UInt64 name
/// relation          'R' [xid] oid:UInt32 schema name identity:UInt8 count:Int16 column*
/// column            flags:UInt8 (1: identity) name type:UInt32 modifier:Int32
/// type              'Y' [xid] oid:UInt32 schema name
/// insert            'I' [xid] oid:UInt32 'N' tuple
/// update            'U' [xid] oid:UInt32 (('K' | 'O') tuple)? 'N' tuple
/// delete            'D' [xid] oid:UInt32 ('K' | 'O') tuple
/// truncate          'T' [xid] count:Int32 flags:UInt8 (1: cascade, 2: restart identity) oid:UInt32*
/// message           'M' [xid] flags:UInt8 (1: transactional) lsn:UInt64 prefix length:Int32 bytes
/// stream start      'S' xid:UInt32 isFirst:UInt8
/// stream stop       'E'
/// stream commit     'c' xid:UInt32 flags:UInt8 commitLSN:UInt64 endLSN:UInt64 time:Int64
/// stream abort      'A' xid:UInt32 subtransaction:UInt32 (lsn:UInt64 time:Int64)?
/// begin prepare     'b' prepareLSN:UInt64 endLSN:UInt64 time:Int64 xid:UInt32 gid
/// prepare           'P' flags:UInt8 prepareLSN:UInt64 endLSN:UInt64 time:Int64 xid:UInt32 gid
/// commit prepared   'K' flags:UInt8 commitLSN:UInt64 endLSN:UInt64 time:Int64 xid:UInt32 gid
/// rollback prepared 'r' flags:UInt8 prepareEndLSN:UInt64 rollbackEndLSN:UInt64 prepared:Int64 time:Int64 xid:UInt32 gid
/// stream prepare    'p' flags:UInt8 prepareLSN:UInt64 endLSN:UInt64 time:Int64 xid:UInt32 gid
/// tuple             count:Int16 cell*
/// cell              'n' (NULL) | 'u' (unchanged) | ('t' (text) | 'b' (binary)) length:Int32 bytes
/// ```
public struct PgOutputDecoder: Sendable {
    /// Whether messages stand between stream start and stream stop, and so name their transaction.
    private var isStreaming = false

    /// Begins outside of any stream.
    public init() {}

    /// Reads one message.
    ///
    /// Allocates nothing for rows, begin and commit.
    ///
    /// - Throws: ``ReplicationFormatError`` if the bytes are not exactly one message.
    public mutating func decode(_ bytes: RawSpan) throws(ReplicationFormatError) -> PgOutputMessage {
        var reader = ReplicationReader(bytes)
        let kind = try reader.read(UInt8.self)
        let message = try body(of: kind, &reader)
        try reader.finish()
        switch message {
        case .streamStart: isStreaming = true
        case .streamStop: isStreaming = false
        default: break
        }
        return message
    }

    private func body(
        of kind: UInt8,
        _ reader: inout ReplicationReader
    ) throws(ReplicationFormatError) -> PgOutputMessage {
        switch kind {
        case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"), UInt8(ascii: "T"):
            return try change(kind, &reader)
        case UInt8(ascii: "B"):
            return .begin(
                finalLSN: try reader.lsn(),
                committedAt: try reader.read(Int64.self),
                xid: try reader.read(UInt32.self)
            )
        case UInt8(ascii: "C"):
            try reader.skip(1)
            return .commit(
                commitLSN: try reader.lsn(),
                endLSN: try reader.lsn(),
                committedAt: try reader.read(Int64.self)
            )
        case UInt8(ascii: "R"):
            let xid = try xid(&reader)
            return .relation(try relation(&reader), xid: xid)
        case UInt8(ascii: "Y"):
            let xid = try xid(&reader)
            let oid = try reader.read(UInt32.self)
            return .type(oid: oid, schema: try reader.text(), name: try reader.text(), xid: xid)
        case UInt8(ascii: "O"):
            return .origin(lsn: try reader.lsn(), name: try reader.text())
        case UInt8(ascii: "M"):
            return try logicalMessage(&reader)
        default:
            return try streamed(kind, &reader)
        }
    }

    // MARK: - Changes

    private func change(
        _ kind: UInt8,
        _ reader: inout ReplicationReader
    ) throws(ReplicationFormatError) -> PgOutputMessage {
        let xid = try xid(&reader)
        if kind == UInt8(ascii: "T") { return try truncate(&reader, xid: xid) }
        let relation = try reader.read(UInt32.self)
        var marker = try reader.read(UInt8.self)
        var old: PgOutputOldTuple?
        if kind != UInt8(ascii: "I") {
            switch marker {
            case UInt8(ascii: "K"): old = .key(try tuple(&reader))
            case UInt8(ascii: "O"): old = .row(try tuple(&reader))
            default: break
            }
            if kind == UInt8(ascii: "D") {
                guard let old else { throw .unexpected(marker) }
                return .delete(relation: relation, old: old, xid: xid)
            }
            if old != nil { marker = try reader.read(UInt8.self) }
        }
        guard marker == UInt8(ascii: "N") else { throw .unexpected(marker) }
        let new = try tuple(&reader)
        if kind == UInt8(ascii: "I") { return .insert(relation: relation, new: new, xid: xid) }
        return .update(relation: relation, old: old, new: new, xid: xid)
    }

    /// Passes over a row, having looked at each of its cells.
    private func tuple(_ reader: inout ReplicationReader) throws(ReplicationFormatError) -> PgOutputTuple {
        let count = Int(try reader.read(Int16.self))
        guard count >= 0 else { throw .malformed(.negativeLength) }
        let start = reader.position
        for _ in 0..<count {
            let kind = try reader.read(UInt8.self)
            switch kind {
            case UInt8(ascii: "n"), UInt8(ascii: "u"): break
            case UInt8(ascii: "t"), UInt8(ascii: "b"): try reader.skip(Int(try reader.read(Int32.self)))
            default: throw .unexpected(kind)
            }
        }
        return PgOutputTuple(offset: start, byteCount: reader.position - start, columnCount: count)
    }

    private func truncate(
        _ reader: inout ReplicationReader,
        xid: UInt32?
    ) throws(ReplicationFormatError) -> PgOutputMessage {
        let count = Int(try reader.read(Int32.self))
        let flags = try reader.read(UInt8.self)
        guard count >= 0 else { throw .malformed(.negativeLength) }
        // What is announced need not be there: no more than could be is asked for.
        guard count <= reader.remaining / 4 else {
            throw .malformed(.truncated(needed: count * 4, available: reader.remaining))
        }
        var relations: [UInt32] = []
        relations.reserveCapacity(count)
        for _ in 0..<count { relations.append(try reader.read(UInt32.self)) }
        return .truncate(
            relations: relations,
            cascades: flags & 1 != 0,
            restartsIdentity: flags & 2 != 0,
            xid: xid
        )
    }

    // MARK: - Tables and messages

    private func relation(_ reader: inout ReplicationReader) throws(ReplicationFormatError) -> PgOutputRelation {
        let oid = try reader.read(UInt32.self)
        let schema = try reader.text()
        let name = try reader.text()
        let letter = try reader.read(UInt8.self)
        guard let identity = PgOutputRelation.Identity(rawValue: letter) else { throw .unexpected(letter) }
        let count = Int(try reader.read(Int16.self))
        guard count >= 0 else { throw .malformed(.negativeLength) }
        var columns: [PgOutputRelation.Column] = []
        for _ in 0..<count {
            columns.append(
                PgOutputRelation.Column(
                    isInIdentity: try reader.read(UInt8.self) & 1 != 0,
                    name: try reader.text(),
                    typeOID: try reader.read(UInt32.self),
                    modifier: try reader.read(Int32.self)
                )
            )
        }
        return PgOutputRelation(oid: oid, schema: schema, name: name, identity: identity, columns: columns)
    }

    private func logicalMessage(_ reader: inout ReplicationReader) throws(ReplicationFormatError) -> PgOutputMessage {
        let xid = try xid(&reader)
        let flags = try reader.read(UInt8.self)
        let lsn = try reader.lsn()
        let prefix = try reader.text()
        try reader.skip(Int(try reader.read(Int32.self)))
        return .message(lsn: lsn, prefix: prefix, isTransactional: flags & 1 != 0, xid: xid)
    }

    private func xid(_ reader: inout ReplicationReader) throws(ReplicationFormatError) -> UInt32? {
        isStreaming ? try reader.read(UInt32.self) : nil
    }

    // MARK: - Streamed and prepared transactions

    private func streamed(
        _ kind: UInt8,
        _ reader: inout ReplicationReader
    ) throws(ReplicationFormatError) -> PgOutputMessage {
        switch kind {
        case UInt8(ascii: "S"):
            return .streamStart(xid: try reader.read(UInt32.self), isFirst: try reader.read(UInt8.self) != 0)
        case UInt8(ascii: "E"):
            return .streamStop
        case UInt8(ascii: "c"):
            let xid = try reader.read(UInt32.self)
            try reader.skip(1)
            return .streamCommit(
                xid: xid,
                commitLSN: try reader.lsn(),
                endLSN: try reader.lsn(),
                committedAt: try reader.read(Int64.self)
            )
        case UInt8(ascii: "A"):
            let (xid, subtransaction) = (try reader.read(UInt32.self), try reader.read(UInt32.self))
            // Position and time are told to those only who apply in parallel (protocol version 4).
            if reader.remaining > 0 { try reader.skip(16) }
            return .streamAbort(xid: xid, subtransaction: subtransaction)
        case UInt8(ascii: "b"):
            return .beginPrepare(try prepared(&reader))
        case UInt8(ascii: "P"):
            try reader.skip(1)
            return .prepare(try prepared(&reader))
        case UInt8(ascii: "K"):
            try reader.skip(1)
            return .commitPrepared(try prepared(&reader))
        case UInt8(ascii: "r"):
            try reader.skip(1)
            return .rollbackPrepared(try prepared(&reader, hasPrepareTime: true))
        case UInt8(ascii: "p"):
            try reader.skip(1)
            return .streamPrepare(try prepared(&reader))
        default:
            throw .unexpected(kind)
        }
    }

    private func prepared(
        _ reader: inout ReplicationReader,
        hasPrepareTime: Bool = false
    ) throws(ReplicationFormatError) -> PgOutputPrepared {
        let (lsn, endLSN) = (try reader.lsn(), try reader.lsn())
        if hasPrepareTime { try reader.skip(8) }
        return PgOutputPrepared(
            lsn: lsn,
            endLSN: endLSN,
            time: try reader.read(Int64.self),
            xid: try reader.read(UInt32.self),
            identifier: try reader.text()
        )
    }
}

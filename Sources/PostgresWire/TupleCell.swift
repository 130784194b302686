/// How the cells of one column may come in a replication stream.
public struct TupleColumn: Sendable, Equatable {
    /// What cells that come as text need.
    public var text: TextForm
    /// Whether cells may come in binary form.
    public var acceptsBinary: Bool

    /// Describes a column.
    public init(text: TextForm, acceptsBinary: Bool) {
        self.text = text
        self.acceptsBinary = acceptsBinary
    }
}

/// A row as it was before an UPDATE, and which of its columns say something.
public struct FormerRow: Sendable {
    /// Where it lies within the message.
    public var tuple: PgOutputTuple
    /// For each column whether its value is known: of a key only the identity's, the others being placeholders.
    public var isKnown: [Bool]

    /// Describes a row.
    public init(tuple: PgOutputTuple, isKnown: [Bool]) {
        self.tuple = tuple
        self.isKnown = isKnown
    }
}

/// One cell of a row of a replication stream.
struct TupleCell {
    enum Kind: UInt8 {
        case null = 0x6e
        case unchanged = 0x75
        case text = 0x74
        case binary = 0x62
    }

    let kind: Kind
    /// Where the value lies within the row; the next cell begins at its end.
    let bytes: Range<Int>

    /// Reads the cell that begins at a position of the row.
    @inline(__always)
    init(_ row: RawSpan, at position: Int) throws(WireFormatError) {
        guard position < row.byteCount else { throw .truncated }
        guard let kind = unsafe Kind(rawValue: row.unsafeLoad(fromByteOffset: position, as: UInt8.self)) else {
            throw .cellKind
        }
        self.kind = kind
        guard kind == .text || kind == .binary else {
            bytes = (position + 1)..<(position + 1)
            return
        }
        let start = position + 5
        guard start <= row.byteCount else { throw .truncated }
        let length = unsafe Int(Int32(bigEndian: row.unsafeLoadUnaligned(fromByteOffset: position + 1, as: Int32.self)))
        guard length >= 0 else { throw .negativeLength }
        guard length <= row.byteCount - start else { throw .truncated }
        bytes = start..<(start + length)
    }

    /// Whether the value can stay as it is.
    @inline(__always)
    func isReady(for column: TupleColumn) -> Bool {
        kind == .binary ? column.acceptsBinary : kind == .text && column.text == .same
    }
}

/// A piece of an object that replaces another.
public enum ObjectPiece: Sendable {
    /// Bytes in memory.
    case bytes([UInt8])
    /// A part of a file, which must not change before `replace` has returned and is left where it is.
    case file(path: String, range: Range<Int>)
    /// Bytes of the object that is replaced.
    case copy(Range<Int>)

    /// How many bytes there are.
    public var byteCount: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(_, let range), .copy(let range): range.count
        }
    }

    /// The length of what the pieces make.
    ///
    /// Throws `invalidRange` for a range that begins before the start of its file or object, and `tooLarge` for more
    /// bytes than an `Int` counts.
    static func byteCount(of pieces: [ObjectPiece], _ key: String) throws(ObjectStorageError) -> Int {
        var total = 0
        for piece in pieces {
            switch piece {
            case .bytes: break
            case .file(_, let range), .copy(let range):
                guard range.lowerBound >= 0 else {
                    throw ObjectStorageError(.invalidRange, "a piece of \(key) cannot be the range \(range)")
                }
            }
            let (sum, isTooLarge) = total.addingReportingOverflow(piece.byteCount)
            guard !isTooLarge else {
                throw ObjectStorageError(.tooLarge, "the pieces of \(key) are longer than any object")
            }
            total = sum
        }
        return total
    }
}

import AWS
import Bytes
import Cryptography
import HTTP

/// A body that is ready to be sent: its bytes can be read at any offset, and again.
struct S3Payload: Sendable {
    /// Bytes in memory or in a file that is open.
    enum Chunk: Sendable {
        case memory(ArraySlice<UInt8>)
        case file(OpenFile, path: String, range: Range<Int>)

        var byteCount: Int {
            switch self {
            case .memory(let bytes): bytes.count
            case .file(_, _, let range): range.count
            }
        }

        var body: HTTPBody {
            switch self {
            case .memory(let bytes): HTTPBody(bytes)
            case .file(let file, _, let range):
                HTTPBody(byteCount: range.count, source: FileRangeSource(file: file, start: range.lowerBound))
            }
        }

        /// The bytes of a range that counts from the chunk's start.
        func slice(_ range: Range<Int>) -> Chunk {
            switch self {
            case .memory(let bytes):
                return .memory(bytes[(bytes.startIndex + range.lowerBound)..<(bytes.startIndex + range.upperBound)])
            case .file(let file, let path, let whole):
                let start = whole.lowerBound
                return .file(file, path: path, range: (start + range.lowerBound)..<(start + range.upperBound))
            }
        }
    }

    private let chunks: [Chunk]
    let byteCount: Int

    /// A file is read in pieces of this size for its checksums.
    private static let pieceSize = 1 << 20

    init(_ chunks: [Chunk]) {
        self.chunks = chunks
        byteCount = chunks.reduce(0) { $0 + $1.byteCount }
    }

    init(_ body: ObjectBody) throws(ObjectStorageError) {
        switch body.source {
        case .memory(let segments):
            self.init(segments.map { .memory($0[...]) })
        case .file(let path, _):
            let file: OpenFile
            do { file = try OpenFile(path: path) } catch { throw error.reading(path) }
            guard file.byteCount == body.byteCount else {
                throw ObjectStorageError(.bodyUnreadable, "\(path) changed after it was chosen for upload")
            }
            self.init([.file(file, path: path, range: 0..<file.byteCount)])
        }
    }

    /// The bytes of a range as the body of a request.
    func body(_ range: Range<Int>) -> HTTPBody {
        HTTPBody(joining: slices(range).map(\.body))
    }

    /// What a request says about the bytes of a range.
    struct Digest: Sendable {
        let checksum: CRC32C
        /// For the signature: the SHA-256, or the word that there is none.
        let payloadHash: String
    }

    /// Reads a range once for its checksum and, unless the connection is encrypted, its SHA-256.
    func digest(_ range: Range<Int>, isSecure: Bool) throws(ObjectStorageError) -> Digest {
        var checksum = CRC32C()
        do {
            var hash = try SHA256()
            for chunk in slices(range) {
                try Self.forEachPiece(chunk) { (piece) throws(CryptographyError) in
                    checksum.update(piece.span)
                    if !isSecure { try hash.update(piece.span) }
                }
            }
            let hexadecimal = Hexadecimal.string(try hash.finish())
            return Digest(checksum: checksum, payloadHash: isSecure ? Signer.unsignedPayload : hexadecimal)
        } catch let error as ObjectStorageError {
            throw error
        } catch {
            throw ObjectStorageError(.systemFailure, "\(error)", underlying: error)
        }
    }

    private static func forEachPiece(
        _ chunk: Chunk,
        _ body: (ArraySlice<UInt8>) throws(CryptographyError) -> Void
    ) throws {
        switch chunk {
        case .memory(let bytes):
            try body(bytes)
        case .file(let file, let path, let range):
            var piece = [UInt8](repeating: 0, count: min(pieceSize, range.count))
            var offset = range.lowerBound
            while offset < range.upperBound {
                let count: Int
                do {
                    count = min(try file.read(at: offset, into: &piece), range.upperBound - offset)
                } catch {
                    throw error.reading(path)
                }
                guard count > 0 else {
                    throw ObjectStorageError(.bodyUnreadable, "\(path) became shorter while it was being uploaded")
                }
                try body(piece[..<count])
                offset += count
            }
        }
    }

    /// The parts of the chunks that lie in a range of the whole.
    func slices(_ range: Range<Int>) -> [Chunk] {
        var slices: [Chunk] = []
        var start = 0
        for chunk in chunks {
            let end = start + chunk.byteCount
            let overlap = range.clamped(to: start..<end)
            if !overlap.isEmpty {
                slices.append(chunk.slice((overlap.lowerBound - start)..<(overlap.upperBound - start)))
            }
            start = end
        }
        return slices
    }
}

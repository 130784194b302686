import AWS
import Bytes
import HTTP

/// A body that is ready to be sent: its bytes can be read at any offset, and again.
struct S3Payload: Sendable {
    private enum Source: Sendable {
        case memory([[UInt8]])
        case file(OpenFile, path: String)
    }

    private let source: Source
    let byteCount: Int

    /// A file is read in pieces of this size for its checksums.
    private static let pieceSize = 1 << 20

    init(_ body: ObjectBody) throws(ObjectStorageError) {
        byteCount = body.byteCount
        switch body.source {
        case .memory(let segments):
            source = .memory(segments)
        case .file(let path, _):
            do {
                let file = try OpenFile(path: path)
                guard file.byteCount == body.byteCount else {
                    throw ObjectStorageError(.bodyUnreadable, "\(path) changed after it was chosen for upload")
                }
                source = .file(file, path: path)
            } catch let error as SystemFailure {
                throw error.reading(path)
            } catch let error as ObjectStorageError {
                throw error
            } catch {
                throw ObjectStorageError(.bodyUnreadable, "\(path) cannot be read", underlying: error)
            }
        }
    }

    /// The bytes of a range as the body of a request.
    func body(_ range: Range<Int>) -> HTTPBody {
        switch source {
        case .memory(let segments):
            HTTPBody(segments: Self.slices(segments, range))
        case .file(let file, _):
            HTTPBody(
                byteCount: range.count,
                source: FileSource(file: file, start: range.lowerBound, byteCount: range.count)
            )
        }
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
            try forEachPiece(range) { (piece) throws(AWSError) in
                checksum.update(piece.span)
                if !isSecure { try hash.update(piece.span) }
            }
            let hexadecimal = Hexadecimal.string(try hash.finish())
            return Digest(checksum: checksum, payloadHash: isSecure ? Signer.unsignedPayload : hexadecimal)
        } catch let error as ObjectStorageError {
            throw error
        } catch {
            throw ObjectStorageError(.systemFailure, "\(error)", underlying: error)
        }
    }

    private func forEachPiece(_ range: Range<Int>, _ body: (ArraySlice<UInt8>) throws(AWSError) -> Void) throws {
        switch source {
        case .memory(let segments):
            for slice in Self.slices(segments, range) { try body(slice) }
        case .file(let file, let path):
            var piece = [UInt8](repeating: 0, count: min(Self.pieceSize, range.count))
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

    /// The parts of segments that lie in a range of the whole.
    private static func slices(_ segments: [[UInt8]], _ range: Range<Int>) -> [ArraySlice<UInt8>] {
        var slices: [ArraySlice<UInt8>] = []
        var start = 0
        for segment in segments {
            let end = start + segment.count
            let overlap = max(start, range.lowerBound)..<max(max(start, range.lowerBound), min(end, range.upperBound))
            if !overlap.isEmpty { slices.append(segment[(overlap.lowerBound - start)..<(overlap.upperBound - start)]) }
            start = end
        }
        return slices
    }
}

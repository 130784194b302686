/// Divides the pieces of a replacement into the parts of a multipart upload; pure.
///
/// 1. Ranges of the present object that follow each other become one. A range of at least `smallestPart` is copied by
///    the server; everything between two such ranges is a run, to be sent.
/// 2. A run shorter than a part may be takes what it lacks from the ranges beside it, which are read for that. Only the
///    last part of an object may be shorter.
/// 3. Ranges and runs are cut into parts of about equal size.
struct ReplacementPlan: Sendable {
    /// Bytes to be sent.
    enum Slice: Hashable, Sendable {
        /// Of a piece that is not a copy, counted from the piece's start.
        case new(piece: Int, range: Range<Int>)
        /// Of the present object, to be read first.
        case present(Range<Int>)

        var byteCount: Int {
            switch self {
            case .new(_, let range), .present(let range): range.count
            }
        }

        /// How many of them are read first; nil for none.
        var fetchedByteCount: Int? {
            if case .present(let range) = self { range.count } else { nil }
        }

        /// The bytes of a range that counts from the slice's start.
        func slice(_ range: Range<Int>) -> Slice {
            switch self {
            case .new(let piece, let whole): .new(piece: piece, range: range.shifted(by: whole.lowerBound))
            case .present(let whole): .present(range.shifted(by: whole.lowerBound))
            }
        }
    }

    /// One part.
    enum Part: Hashable, Sendable {
        case copy(Range<Int>)
        case send([Slice])

        var byteCount: Int {
            switch self {
            case .copy(let range): range.count
            case .send(let slices): slices.reduce(0) { $0 + $1.byteCount }
            }
        }
    }

    /// What parts may be like.
    struct Limits: Sendable {
        /// Every part but the last has at least as many bytes.
        var smallestPart: Int
        /// No part has more bytes.
        var largestPart: Int
        /// There are no more parts.
        var partCount: Int
        /// How large a part that is sent shall be; it is more where that would make too many, or one too short.
        var sentSize: Int
        /// How large a part that is copied shall be; it is more where that would make too many, or one too short.
        var copiedSize: Int
    }

    /// In the order of the object.
    let parts: [Part]

    /// Ranges that are longer than this are never sent to keep to the number of parts.
    ///
    /// What is read of them is in memory while its part is sent.
    private static let longestFetch = 64 << 20

    /// Throws `tooLarge` if no division keeps to the limits.
    init(_ pieces: [ObjectPiece], _ limits: Limits, key: String) throws(ObjectStorageError) {
        let byteCount = try ObjectPiece.byteCount(of: pieces, key)
        let slices = Self.slices(pieces)
        let (capacity, overflows) = limits.largestPart.multipliedReportingOverflow(by: limits.partCount)
        if overflows || byteCount <= capacity {
            var limits = limits
            repeat {
                let stretches = Self.stretches(slices, limits.smallestPart)
                if let parts = Self.cut(stretches, limits) {
                    self.parts = parts
                    return
                }
                limits.smallestPart *= 2
            } while limits.smallestPart <= min(Self.longestFetch, limits.largestPart / 2)
        }
        throw ObjectStorageError(
            .tooLarge,
            "\(key) cannot be replaced by \(byteCount) bytes in \(pieces.count) pieces: S3 takes \(limits.partCount) "
                + "parts of up to \(limits.largestPart) bytes"
        )
    }

    /// How many bytes the server copies.
    var copiedByteCount: Int {
        parts.reduce(0) { sum, part in
            if case .copy(let range) = part { sum + range.count } else { sum }
        }
    }

    /// The lengths of what is read of the present object.
    var fetches: [Int] {
        parts.flatMap { part in
            if case .send(let slices) = part { slices.compactMap(\.fetchedByteCount) } else { [Int]() }
        }
    }

    // MARK: - Ranges and runs

    /// The pieces that have bytes; ranges that follow each other as one.
    static func slices(_ pieces: [ObjectPiece]) -> [Slice] {
        var slices: [Slice] = []
        for (index, piece) in pieces.enumerated() where piece.byteCount > 0 {
            if case .copy(let range) = piece {
                if case .present(let last) = slices.last, last.upperBound == range.lowerBound {
                    slices[slices.count - 1] = .present(last.lowerBound..<range.upperBound)
                } else {
                    slices.append(.present(range))
                }
            } else {
                slices.append(.new(piece: index, range: 0..<piece.byteCount))
            }
        }
        return slices
    }

    /// Ranges to copy and runs to send, each but the last of at least `smallest` bytes.
    private static func stretches(_ slices: [Slice], _ smallest: Int) -> [Part] {
        var stretches = ReplacementStretches(smallest: smallest)
        for slice in slices { stretches.add(slice) }
        return stretches.finish()
    }

    // MARK: - Parts

    /// Cuts stretches into parts, as large as the limit of their number asks for; nil if there are too many stretches.
    private static func cut(_ stretches: [Part], _ limits: Limits) -> [Part]? {
        guard stretches.count <= limits.partCount else { return nil }
        var limits = limits
        while true {
            var (copied, sent) = (0, 0)
            for stretch in stretches {
                if case .copy = stretch { copied += count(stretch, limits) } else { sent += count(stretch, limits) }
            }
            guard copied + sent > limits.partCount else { break }
            // What is sent may be in memory, so it grows only where it is what makes too many parts.
            if copied >= sent && limits.copiedSize < limits.largestPart || limits.sentSize >= limits.largestPart {
                guard limits.copiedSize < limits.largestPart else { return nil }
                limits.copiedSize = min(limits.copiedSize * 2, limits.largestPart)
            } else {
                limits.sentSize = min(limits.sentSize * 2, limits.largestPart)
            }
        }
        return stretches.flatMap { cut($0, into: count($0, limits)) }
    }

    /// How many parts of about the wanted size a stretch makes, none of them too short.
    private static func count(_ stretch: Part, _ limits: Limits) -> Int {
        let size = if case .copy = stretch { limits.copiedSize } else { limits.sentSize }
        let byteCount = stretch.byteCount
        return max(1, min((byteCount + size - 1) / size, byteCount / limits.smallestPart))
    }

    private static func cut(_ stretch: Part, into count: Int) -> [Part] {
        let byteCount = stretch.byteCount
        let bounds = (0...count).map { index in
            byteCount / count * index + byteCount % count * index / count
        }
        switch stretch {
        case .copy(let range):
            return zip(bounds, bounds.dropFirst()).map { .copy(($0..<$1).shifted(by: range.lowerBound)) }
        case .send(let slices):
            return cut(slices, at: bounds)
        }
    }

    /// Distributes slices over the parts between the bounds.
    ///
    /// - Complexity: O(*n* + *m*) in the numbers of slices and bounds.
    private static func cut(_ slices: [Slice], at bounds: [Int]) -> [Part] {
        var parts: [Part] = []
        var part: [Slice] = []
        var start = 0
        var next = 1
        for slice in slices {
            var taken = 0
            while taken < slice.byteCount {
                let end = min(slice.byteCount, bounds[next] - start)
                part.append(slice.slice(taken..<end))
                taken = end
                if start + end == bounds[next] {
                    parts.append(.send(part))
                    part = []
                    next += 1
                }
            }
            start += slice.byteCount
        }
        return parts
    }
}

extension Range<Int> {
    /// The range that begins and ends so many later.
    fileprivate func shifted(by distance: Int) -> Range<Int> {
        (lowerBound + distance)..<(upperBound + distance)
    }
}

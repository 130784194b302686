import TestSupport
import Testing

@testable import ObjectStorage

@Suite
struct ReplacementPlanTests {
    private static let mebibyte = 1 << 20
    private static let s3 = ReplacementPlan.Limits(
        smallestPart: 5 << 20,
        largestPart: 5 << 30,
        partCount: 10_000,
        sentSize: 16 << 20,
        copiedSize: 128 << 20
    )
    /// S3's in small, so that bytes can be compared.
    private static let small = ReplacementPlan.Limits(
        smallestPart: 5,
        largestPart: 60,
        partCount: 40,
        sentSize: 8,
        copiedSize: 20
    )

    private func plan(_ pieces: [ObjectPiece], _ limits: ReplacementPlan.Limits = Self.s3) throws -> [String] {
        try ReplacementPlan(pieces, limits, key: "k").parts.map { part in
            switch part {
            case .copy(let range): "copy \(range)"
            case .send(let slices):
                slices.map { slice in
                    switch slice {
                    case .new(let piece, let range): "\(piece): \(range)"
                    case .present(let range): "read \(range)"
                    }
                }.joined(separator: ", ")
            }
        }
    }

    @Test
    func `ranges that follow each other are one, and large ones are cut evenly`() throws {
        #expect(try plan([.copy(10..<13), .copy(13..<13), .copy(13..<16)], Self.small) == ["copy 10..<16"])
        // Two of 20 would leave a third of 1.
        #expect(try plan([.copy(0..<41)], Self.small) == ["copy 0..<13", "copy 13..<27", "copy 27..<41"])
        #expect(try plan([.bytes([1])], Self.small) == ["0: 0..<1"])
        #expect(try plan([], Self.small) == [])
        #expect(try plan([.copy(3..<3), .bytes([])], Self.small) == [])
    }

    @Test
    func `a run that is too short takes from the range that follows it, and the last may be short`() throws {
        let pieces: [ObjectPiece] = [.bytes([1, 2]), .copy(0..<20), .bytes([3])]
        #expect(try plan(pieces, Self.small) == ["0: 0..<2, read 0..<3", "copy 3..<20", "2: 0..<1"])
    }

    @Test
    func `where the following range is short, the one before gives, or both, or the following is sent`() throws {
        func between(_ left: Range<Int>, _ right: Range<Int>) throws -> [String] {
            try plan([.copy(left), .bytes([1]), .copy(right)], Self.small)
        }
        #expect(try between(0..<20, 50..<55) == ["copy 0..<16", "read 16..<20, 1: 0..<1", "copy 50..<55"])
        #expect(
            try between(0..<7, 50..<57) == ["copy 0..<5", "read 5..<7, 1: 0..<1, read 50..<52", "copy 52..<57"]
        )
        #expect(try between(0..<6, 50..<56) == ["copy 0..<6", "1: 0..<1, read 50..<56"])
    }

    @Test
    func `ranges below the smallest part are read and sent with what is beside them`() throws {
        let pieces: [ObjectPiece] = [.copy(0..<4), .bytes([1]), .copy(10..<14), .copy(20..<22)]
        #expect(try plan(pieces, Self.small) == ["read 0..<4, 1: 0..<1", "read 10..<14, read 20..<22"])
    }

    @Test
    func `the pieces of a day of 300 MiB of which one row group is new cost what they must`() throws {
        let mebibyte = Self.mebibyte
        let pieces: [ObjectPiece] = [
            .copy(0..<(100 * mebibyte)), .file(path: "/new", range: 7..<(3 * mebibyte)),
            .copy((105 * mebibyte)..<(290 * mebibyte)), .bytes([UInt8](repeating: 1, count: 50_000)),
        ]
        let plan = try ReplacementPlan(pieces, Self.s3, key: "k")
        #expect(plan.parts.count == 5)
        #expect(plan.fetches == [2 * mebibyte + 7])
        #expect(plan.copiedByteCount == 283 * mebibyte - 7)
    }

    @Test
    func `parts grow with the object: copies first, and what is sent only where it is too much`() throws {
        let tebibyte = 1 << 40
        let huge = try ReplacementPlan([.copy(0..<(40 * tebibyte)), .bytes([1])], Self.s3, key: "k").parts
        #expect(huge.count <= 10_000)
        #expect(huge.allSatisfy { $0.byteCount <= 5 << 30 })
        let file = try ReplacementPlan([.file(path: "/f", range: 0..<tebibyte)], Self.s3, key: "k").parts
        #expect((8_000...10_000).contains(file.count))
    }

    @Test
    func `more pieces than parts are still an object, with copies that are sent`() throws {
        let step = 12 << 20
        let pieces: [ObjectPiece] = (0..<12_000).flatMap { index -> [ObjectPiece] in
            [.copy((index * step)..<((index + 1) * step - 1)), .bytes([1])]
        }
        let plan = try ReplacementPlan(pieces, Self.s3, key: "k")
        #expect(plan.parts.count <= 10_000)
        #expect(plan.parts.dropLast().allSatisfy { $0.byteCount >= 5 << 20 })
        #expect(plan.parts.reduce(0) { $0 + $1.byteCount } == 12_000 * step)
    }

    @Test
    func `what no upload could hold is refused`() {
        for pieces in [[ObjectPiece.copy(0..<(60 << 40))], [.copy(0..<Int.max), .copy(0..<Int.max)]] {
            let error = #expect(throws: ObjectStorageError.self) { try ReplacementPlan(pieces, Self.s3, key: "k") }
            #expect(error?.code == .tooLarge)
        }
        let range = #expect(throws: ObjectStorageError.self) {
            try ReplacementPlan([.copy(Int.min..<Int.max)], Self.s3, key: "k")
        }
        #expect(range?.code == .invalidRange)
    }

    @Test(arguments: 0..<200)
    func `random pieces: the parts are the object, and keep to every limit`(round: UInt64) throws {
        var random = SeededGenerator(seed: round)
        for _ in 0..<20 {
            let old = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
            let file = (0..<100).map { _ in UInt8.random(in: 0...255, using: &random) }
            let longest = Int.random(in: 1...40, using: &random)
            let pieces = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                Self.piece(&random, old, file, longest)
            }
            var limits = Self.small
            limits.partCount = Int.random(in: 4...40, using: &random)
            let plan: ReplacementPlan
            do {
                plan = try ReplacementPlan(pieces, limits, key: "k")
            } catch {
                // Only where the parts could not be fewer.
                #expect(error.code == .tooLarge && pieces.reduce(0) { $0 + $1.byteCount } > 4 * limits.partCount)
                continue
            }
            #expect(plan.parts.flatMap { Self.bytes(of: $0, pieces, old, file) } == Self.whole(pieces, old, file))
            #expect(plan.parts.count <= limits.partCount)
            #expect(plan.parts.dropLast().allSatisfy { $0.byteCount >= limits.smallestPart })
            #expect(plan.parts.allSatisfy { 1...limits.largestPart ~= $0.byteCount })
            for case .copy(let range) in plan.parts { #expect(range.count >= limits.smallestPart) }
        }
    }

    private static func piece(
        _ random: inout SeededGenerator,
        _ old: [UInt8],
        _ file: [UInt8],
        _ longest: Int
    ) -> ObjectPiece {
        let count = Int.random(in: 0...longest, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .bytes(Array(file.prefix(count)))
        case 1:
            let start = Int.random(in: 0...(file.count - count), using: &random)
            return .file(path: "/file", range: start..<(start + count))
        default:
            let start = Int.random(in: 0...(old.count - count), using: &random)
            return .copy(start..<(start + count))
        }
    }

    private static func whole(_ pieces: [ObjectPiece], _ old: [UInt8], _ file: [UInt8]) -> [UInt8] {
        replaced(old, by: pieces, files: ["/file": file])
    }

    private static func bytes(
        of part: ReplacementPlan.Part,
        _ pieces: [ObjectPiece],
        _ old: [UInt8],
        _ file: [UInt8]
    ) -> [UInt8] {
        switch part {
        case .copy(let range): Array(old[range])
        case .send(let slices):
            slices.flatMap { slice in
                switch slice {
                case .present(let range): Array(old[range])
                case .new(let piece, let range): Array(whole([pieces[piece]], old, file)[range])
                }
            }
        }
    }
}

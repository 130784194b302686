import ObjectStorage
import TestSupport
import Testing

/// Bytes that show every shift of a piece and every exchange of two.
func pattern(_ byteCount: Int, seed: Int = 0) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
        for index in 0..<byteCount {
            buffer[index] = UInt8(truncatingIfNeeded: (index &+ seed) &* 11 &+ index >> 8 &* 37 &+ index >> 16)
        }
        count = byteCount
    }
}

/// What pieces make of an object; files by their paths.
func replaced(_ old: [UInt8], by pieces: [ObjectPiece], files: [String: [UInt8]] = [:]) -> [UInt8] {
    pieces.reduce(into: []) { whole, piece in
        switch piece {
        case .bytes(let bytes): whole += bytes
        case .file(let path, let range): whole += files[path]?[range] ?? []
        case .copy(let range): whole += old[range]
        }
    }
}

extension StoreContract {
    static let replacing = [
        StoreContract("an object is replaced by bytes, parts of files and ranges of itself, one after the other") {
            (store) async throws in
            let folder = try TemporaryFolder()
            let content = Array<UInt8>(100..<200)
            let path = try folder.write("new", content)
            let old = Array<UInt8>(0..<100)
            let first = try await store.put("day/a", .bytes(old))
            let pieces: [ObjectPiece] = [
                .bytes([255, 254]), .copy(90..<100), .file(path: path, range: 3..<6), .copy(0..<5), .copy(5..<7),
                .copy(50..<51), .bytes([253]),
            ]
            let done = try await store.replace("day/a", version: first, with: pieces)
            let expected = replaced(old, by: pieces, files: [path: content])
            #expect(try await store.get("day/a", range: nil, version: done.version) == expected)
            #expect(done.version != first)
            #expect(done.byteCount == expected.count)
            #expect(done.sentByteCount + done.copiedByteCount == expected.count)
            #expect(done.copiedByteCount + done.fetchedByteCount == 18)
            #expect(folder.files() == ["new"])
        },
        StoreContract("a large object is replaced around ranges of itself that stay") { (store) async throws in
            let old = pattern(18 << 20)
            let folder = try TemporaryFolder()
            let content = pattern(2 << 20, seed: 5)
            let path = try folder.write("new", content)
            let first = try await store.put("big=1/ä b.parquet", .bytes(old))
            let (left, right) = (4..<(9 << 20), (10 << 20) + 1..<(18 << 20) - 9)
            let pieces: [ObjectPiece] = [
                .bytes([1, 2, 3, 4]), .copy(left), .file(path: path, range: 7..<(2 << 20)), .copy(right),
                .bytes(Array("the end".utf8)),
            ]
            let done = try await store.replace("big=1/ä b.parquet", version: first, with: pieces)
            let expected = replaced(old, by: pieces, files: [path: content])
            #expect(try await store.get("big=1/ä b.parquet", range: nil, version: done.version) == expected)
            #expect(done.byteCount == expected.count)
            #expect(done.copiedByteCount >= 5 << 20)
            #expect(done.copiedByteCount + done.fetchedByteCount == left.count + right.count)
            #expect(try await keys(store) == ["big=1/ä b.parquet"])
            #expect(try await store.sweepLeftovers() == 0)
        },
        StoreContract("an object may be replaced by nothing, and by pieces that are empty") { (store) async throws in
            let first = try await store.put("e", bytes("something"))
            let nothing: [ObjectPiece] = [.copy(3..<3), .bytes([])]
            let second = try await store.replace("e", version: first, with: [.copy(0..<4)] + nothing)
            #expect(try await text(store, "e") == "some")
            _ = try await store.replace("e", version: second.version, with: nothing)
            #expect(try await store.head("e")?.byteCount == 0)
        },
        StoreContract("a replacement conflicts with another version and with absence, and changes nothing") {
            (store) async throws in
            let old = try await store.put("k", bytes("old"))
            let new = try await store.put("k", bytes("new, longer"))
            for pieces in [[ObjectPiece.copy(0..<1)], [.bytes([1])], [.copy(0..<1_000)]] {
                #expect(await code { _ = try await store.replace("k", version: old, with: pieces) } == .conflict)
                #expect(await code { _ = try await store.replace("no", version: old, with: pieces) } == .conflict)
            }
            #expect(try await store.get("k", range: nil, version: new) == Array("new, longer".utf8))
            #expect(try await keys(store) == ["k"])
        },
        StoreContract("a replacement of a large object conflicts as well, and leaves nothing behind") {
            (store) async throws in
            let old = try await store.put("k", .bytes(pattern(17 << 20)))
            let new = try await store.put("k", .bytes(pattern(17 << 20, seed: 1)))
            let pieces: [ObjectPiece] = [.bytes([1]), .copy(0..<(17 << 20))]
            #expect(await code { _ = try await store.replace("k", version: old, with: pieces) } == .conflict)
            #expect(await code { _ = try await store.replace("no", version: old, with: pieces) } == .conflict)
            #expect(try await store.head("k")?.version == new)
            #expect(try await keys(store) == ["k"])
        },
        StoreContract("a range beyond the end and a file that is too short are refused, and nothing is changed") {
            (store) async throws in
            let folder = try TemporaryFolder()
            let path = try folder.write("short", "0123")
            let version = try await store.put("k", .bytes(pattern(9 << 20)))
            let refused: [(ObjectPiece, ObjectStorageError.Code)] = [
                (.copy((9 << 20) - 1..<(9 << 20) + 1), .invalidRange), (.copy(0..<(20 << 20)), .invalidRange),
                (.copy(-1..<1), .invalidRange), (.file(path: path, range: 2..<5), .bodyUnreadable),
                (.file(path: path + "er", range: 0..<1), .bodyUnreadable),
            ]
            for (piece, expected) in refused {
                let pieces = [.bytes([1]), piece]
                #expect(await code { _ = try await store.replace("k", version: version, with: pieces) } == expected)
            }
            #expect(try await store.head("k")?.version == version)
        },
        StoreContract("of many that replace one version by pieces at once, one succeeds") { (store) async throws in
            let version = try await store.put("race", bytes("0123456789"))
            let outcomes = await withTaskGroup(of: ObjectStorageError.Code?.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        await code {
                            let pieces: [ObjectPiece] = [.bytes([UInt8(number)]), .copy(3..<6)]
                            _ = try await store.replace("race", version: version, with: pieces)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(outcomes.filter { $0 == .conflict }.count == outcomes.count - 1)
            #expect(try await store.get("race", range: 1..<4) == Array("345".utf8))
        },
    ]
}

import ObjectStorage
import TestSupport
import Testing

@Suite
struct OverlayStoreTests {
    private let folder: TemporaryFolder
    private let base: LocalFolderStore
    private let store: OverlayStore

    init() throws {
        folder = try TemporaryFolder()
        base = try LocalFolderStore(path: folder.path + "/base")
        store = try OverlayStore(over: base, folder: folder.path + "/overlay")
    }

    private func objects(_ prefix: String) async throws -> [ObjectInfo] {
        var found: [ObjectInfo] = []
        for try await object in base.list(prefix: prefix) { found.append(object) }
        return found
    }

    @Test(arguments: StoreContract.all)
    func `keeps the contract of a store, and nothing arrives below`(clause: StoreContract) async throws {
        try await clause.check(store)
        #expect(try await keys(base).isEmpty)
    }

    @Test
    func `what is below is shown until it is replaced or removed above, and stays as it was`() async throws {
        let version = try await base.put("a", bytes("0123456789"))
        try await base.put("b", bytes("b"))
        try await base.put("d", bytes("d"))
        #expect(try await store.head("a")?.version == version)
        let done = try await store.replace("a", version: version, with: [.bytes([65]), .copy(3..<6), .copy(0..<1)])
        try await store.put("c", bytes("c"))
        try await store.delete("b")
        #expect(try await text(store, "a") == "A3450")
        #expect(try await store.get("a", range: 1..<3, version: done.version) == Array("34".utf8))
        #expect(done.copiedByteCount == 4)
        #expect(try await keys(store) == ["a", "c", "d"])
        #expect(await code { _ = try await store.get("b") } == .notFound)
        #expect(await code { _ = try await store.get("a", range: nil, version: version) } == .conflict)
        #expect(try await keys(base) == ["a", "b", "d"])
        #expect(try await text(base, "a") == "0123456789")
    }

    @Test
    func `ranges that stay are read where they are, however often an object is replaced`() async throws {
        let old = pattern(3 << 20)
        var version = try await base.put("a", .bytes(old))
        var expected = old
        for round in 0..<4 {
            let pieces: [ObjectPiece] = [.copy(100..<expected.count - 5), .bytes([UInt8(round)]), .copy(0..<7)]
            expected = replaced(expected, by: pieces)
            version = try await store.replace("a", version: version, with: pieces).version
        }
        #expect(try await store.get("a", range: nil, version: version) == expected)
        for start in stride(from: 0, to: expected.count - 20, by: 99_991) {
            #expect(try await store.get("a", range: start..<start + 20) == Array(expected[start..<start + 20]))
        }
        #expect(try await store.get("a", range: expected.count - 30..<expected.count) == Array(expected.suffix(30)))
        let written = folder.files().filter { $0.hasPrefix("overlay/overlay-") }
        #expect(written.count == 4)
    }

    @Test
    func `of a pinned prefix the objects are shown that were listed, and what is lost is named`() async throws {
        try await base.put("t/1", bytes("one"))
        try await base.put("t/2", bytes("two"))
        store.pin(try await objects("t/"), prefix: "t/")
        try await store.keep("t/2")
        try await base.put("t/1", bytes("another one"))
        try await base.put("t/2", bytes("another two"))
        try await base.put("t/3", bytes("three"))
        try await base.put("u", bytes("u"))
        #expect(try await keys(store) == ["t/1", "t/2", "u"])
        #expect(try await store.head("t/3") == nil)
        #expect(try await text(store, "t/2") == "two")
        #expect(store.lostKeys.isEmpty)
        #expect(await code { _ = try await store.get("t/1") } == .conflict)
        #expect(store.lostKeys == ["t/1"])
        store.hide("t/1")
        #expect(try await keys(store, "t/") == ["t/2"])
        _ = try await store.put("t/1", bytes("new"), condition: .ifAbsent)
        #expect(try await text(store, "t/1") == "new")
    }

    @Test
    func `a kept object of several copies is whole, and has the version that it has below`() async throws {
        let content = pattern(2 << 20)
        let version = try await base.put("t/1", .bytes(content))
        store.pin(try await objects("t/"), prefix: "t/")
        try await store.keep("t/1")
        try await base.delete("t/1")
        #expect(try await store.get("t/1", range: nil, version: version) == content)
        let done = try await store.replace("t/1", version: version, with: [.copy(5..<9)])
        #expect(try await store.get("t/1", range: nil, version: done.version) == Array(content[5..<9]))
    }

    @Test
    func `listings below and above are merged page by page`() async throws {
        for index in 0..<1_010 { try await base.put("many/\(10_000 + index * 2)", .bytes([1])) }
        for index in 0..<30 { try await store.put("many/\(10_001 + index * 60)", .bytes([2])) }
        for index in 0..<10 { try await store.delete("many/\(10_000 + index * 200)") }
        let found = try await keys(store, "many/")
        #expect(found.count == 1_030)
        #expect(found == found.sorted())
        #expect(Set(found).count == found.count)
        var after: [String] = []
        for try await object in store.list(prefix: "many/", startingAfter: found[500]) { after.append(object.key) }
        #expect(after == Array(found[501...]))
    }
}

import ObjectStorage
import TestSupport
import Testing

@Suite
struct MeteredObjectStoreTests {
    private let folder: TemporaryFolder
    private let store: MeteredObjectStore

    init() throws {
        folder = try TemporaryFolder()
        store = MeteredObjectStore(try LocalFolderStore(path: folder.path))
    }

    @Test(arguments: StoreContract.all)
    func `keeps the contract of the store it wraps`(clause: StoreContract) async throws {
        try await clause.check(store)
    }

    @Test
    func `each kind of request is counted, and the bytes of those that succeed`() async throws {
        let version = try await store.put("a", bytes("0123456789"))
        _ = await code { _ = try await store.put("a", bytes("x"), condition: .ifAbsent) }
        _ = try await store.get("a")
        _ = try await store.get("a", range: 2..<5)
        _ = await code { _ = try await store.get("b") }
        _ = try await store.head("a")
        let done = try await store.replace("a", version: version, with: [.copy(1..<9), .bytes([1, 2, 3])])
        _ = await code { _ = try await store.replace("a", version: version, with: []) }
        _ = try await keys(store)
        try await store.delete("a")
        try await store.delete(["a", "b"])
        var expected = ObjectStoreUsage()
        expected.putCount = 2
        expected.getCount = 3
        expected.headCount = 1
        expected.replacementCount = 2
        expected.listCount = 1
        expected.deleteCount = 2
        expected.readByteCount = 13 + done.fetchedByteCount
        expected.writtenByteCount = 10 + done.sentByteCount
        expected.copiedByteCount = done.copiedByteCount
        #expect(store.usage == expected)
        #expect(done.sentByteCount + done.copiedByteCount == 11)
    }

    @Test
    func `a replacement on a server counts its requests`() async throws {
        let server = try FaultServer { request, _ in
            request.method == "GET" ? .status(206, [:], "56") : .status(200, ["ETag": "\"new\""])
        }
        let store = MeteredObjectStore(try ObjectStorageTests.store(on: server))
        _ = try await store.replace("a", version: .init("old"), with: [.bytes([1]), .copy(3..<5)])
        #expect(store.usage.replacementRequestCount == 2)
        #expect(store.usage.readByteCount == 2)
        #expect(store.usage.writtenByteCount == 3)
    }
}

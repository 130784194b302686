import ObjectStorage
import TestSupport
import Testing

/// One sentence of `ObjectStore`'s contract, with the check of it; every store is held to all of them.
struct StoreContract: Sendable, CustomTestStringConvertible {
    let sentence: String
    /// Runs in an empty store.
    let check: @Sendable (any ObjectStore) async throws -> Void

    var testDescription: String { sentence }

    init(_ sentence: String, _ check: @escaping @Sendable (any ObjectStore) async throws -> Void) {
        self.sentence = sentence
        self.check = check
    }

    static let all = writing + conditions + replacing + reading + listing + removing
}

/// The keys of a listing, in its order.
func keys(_ store: any ObjectStore, _ prefix: String = "") async throws -> [String] {
    var keys: [String] = []
    for try await object in store.list(prefix: prefix) { keys.append(object.key) }
    return keys
}

/// The code that an operation throws.
func code(_ operation: () async throws -> Void) async -> ObjectStorageError.Code? {
    do {
        try await operation()
        return nil
    } catch {
        return (error as? ObjectStorageError)?.code
    }
}

func bytes(_ text: String) -> ObjectBody { .bytes(Array(text.utf8)) }

/// Writes objects of one byte, several at the same time.
private func fill(_ store: any ObjectStore, _ keys: [String]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for chunk in 0..<8 {
            group.addTask {
                for index in stride(from: chunk, to: keys.count, by: 8) {
                    try await store.put(keys[index], .bytes([1]))
                }
            }
        }
        try await group.waitForAll()
    }
}

func text(_ store: any ObjectStore, _ key: String) async throws -> String {
    String(decoding: try await store.get(key), as: UTF8.self)
}

extension StoreContract {
    /// Names that go wrong when a path is encoded twice, or not at all, or sorted by characters.
    static let oddKeys = [
        "a b/c d", "invoices/year=2025/month=01/day=01/invoices_20250101.parquet", "plus+plus", "per%20cent%",
        "quote'and(brackets)*$!@", "\u{E9}t\u{E9}", "e\u{301}te\u{301}", "日本/🐘.parquet", "tilde~-._", "a&b<c>\"d\"",
        "semi;colon",
        "comma,colon:", "#hash?query",
    ]

    private static let writing = [
        StoreContract("what is put can be got, with its version and length") { (store) async throws in
            let version = try await store.put("dir/a.txt", bytes("hello"))
            #expect(try await text(store, "dir/a.txt") == "hello")
            let info = try #require(await store.head("dir/a.txt"))
            #expect(info.version == version)
            #expect(info.byteCount == 5)
            #expect(info.key == "dir/a.txt")
            #expect(info.modified > 1_600_000_000)
        },
        StoreContract("a second put replaces the first, and is another version, also with bytes of the same number") {
            (store) async throws in
            let first = try await store.put("k", bytes("one"))
            let second = try await store.put("k", bytes("two"))
            #expect(first != second)
            #expect(try await text(store, "k") == "two")
        },
        StoreContract("an empty object is an object") { (store) async throws in
            try await store.put("empty", .bytes([]))
            #expect(try await store.head("empty")?.byteCount == 0)
            #expect(try await store.get("empty") == [])
        },
        StoreContract("segments are put one after the other") { (store) async throws in
            try await store.put("segments", .segments([[1], [], [2, 3], Array(repeating: 4, count: 100_000)]))
            #expect(try await store.get("segments") == [1, 2, 3] + Array(repeating: 4, count: 100_000))
        },
        StoreContract("odd keys are kept apart and come back as they were") { (store) async throws in
            for key in oddKeys { try await store.put(key, bytes(key)) }
            for key in oddKeys { #expect(try await text(store, key) == key) }
            let listed = try await keys(store)
            let expected = oddKeys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(listed.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
            try await store.delete(oddKeys)
            #expect(try await keys(store).isEmpty)
        },
        StoreContract("keys that could lead out or clash are refused everywhere") { (store) async throws in
            let long = String(repeating: "x", count: 1025)
            for key in ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a\u{0}b", "a\nb", "a\\b", "_sluice/tmp/x", long] {
                #expect(await code { try await store.put(key, bytes("x")) } == .invalidKey)
                #expect(await code { _ = try await store.get(key) } == .invalidKey)
                #expect(await code { _ = try await store.head(key) } == .invalidKey)
                #expect(await code { try await store.delete(key) } == .invalidKey)
            }
        },
        StoreContract("a file is put and left; a file to be consumed is put and gone") { (store) async throws in
            let folder = try TemporaryFolder()
            let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let kept = try folder.write("kept", content)
            let taken = try folder.write("taken", content)
            try await store.put("from/kept", .file(path: kept))
            try await store.put("from/taken", .consumingFile(path: taken))
            #expect(try await store.get("from/kept") == content)
            #expect(try await store.get("from/taken") == content)
            #expect(folder.files() == ["kept"])
            let again = try folder.write("taken", content)
            let refused = await code {
                _ = try await store.put("from/taken", .consumingFile(path: again), condition: .ifAbsent)
            }
            #expect(refused == .conflict)
            #expect(folder.files().sorted() == ["kept", "taken"])
        },
        StoreContract("a file that is absent or a directory cannot be a body") { (store) async throws in
            #expect(await code { try await store.put("x", .file(path: "/nonexistent/file")) } == .bodyUnreadable)
            #expect(await code { try await store.put("x", .consumingFile(path: "/tmp")) } == .bodyUnreadable)
        },
    ]

    private static let conditions = [
        StoreContract("ifAbsent creates, and conflicts with what is there") { (store) async throws in
            _ = try await store.put("once", bytes("first"), condition: .ifAbsent)
            let refused = await code { _ = try await store.put("once", bytes("second"), condition: .ifAbsent) }
            let late = await code { _ = try await store.put("late", bytes("x"), condition: .ifAbsentUntil(.now)) }
            #expect(late == .conflict)
            #expect(try await store.head("late") == nil)
            let soon = ContinuousClock.now + .seconds(600)
            _ = try await store.put("late", bytes("x"), condition: .ifAbsentUntil(soon))
            #expect(
                await code { _ = try await store.put("late", bytes("y"), condition: .ifAbsentUntil(soon)) } == .conflict
            )
            #expect(refused == .conflict)
            #expect(try await text(store, "once") == "first")
        },
        StoreContract("ifMatches replaces the version it names and no other") { (store) async throws in
            let first = try await store.put("cas", bytes("1"))
            let second = try await store.put("cas", bytes("2"), condition: .ifMatches(first))
            #expect(first != second)
            let refused = await code { _ = try await store.put("cas", bytes("3"), condition: .ifMatches(first)) }
            #expect(refused == .conflict)
            #expect(try await text(store, "cas") == "2")
        },
        StoreContract("ifMatches conflicts with absence") { (store) async throws in
            let version = try await store.put("gone", bytes("1"))
            try await store.delete("gone")
            let refused = await code { _ = try await store.put("gone", bytes("2"), condition: .ifMatches(version)) }
            #expect(refused == .conflict)
            #expect(try await store.head("gone") == nil)
        },
        StoreContract("of many that create at once, one succeeds") { (store) async throws in
            let outcomes = await race(store, "race/absent", condition: .ifAbsent)
            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(outcomes.filter { $0 == .conflict }.count == outcomes.count - 1)
        },
        StoreContract("of many that replace one version at once, one succeeds") { (store) async throws in
            let version = try await store.put("race/matches", bytes("0"))
            let outcomes = await race(store, "race/matches", condition: .ifMatches(version))
            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(outcomes.filter { $0 == .conflict }.count == outcomes.count - 1)
        },
        StoreContract("a counter that is compared and swapped by many loses no step") { (store) async throws in
            _ = try await store.put("counter", bytes("0"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { for _ in 0..<5 { try await increment(store, "counter") } }
                }
                try await group.waitForAll()
            }
            #expect(try await text(store, "counter") == "20")
        },
    ]

    private static func race(
        _ store: any ObjectStore,
        _ key: String,
        condition: WriteCondition
    ) async -> [ObjectStorageError.Code?] {
        await withTaskGroup(of: ObjectStorageError.Code?.self) { group in
            for number in 0..<12 {
                group.addTask {
                    await code { _ = try await store.put(key, bytes("writer \(number)"), condition: condition) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func increment(_ store: any ObjectStore, _ key: String) async throws {
        while true {
            let info = try #require(await store.head(key))
            do {
                let value = try await store.get(key, range: nil, version: info.version)
                let next = (Int(String(decoding: value, as: UTF8.self)) ?? 0) + 1
                _ = try await store.put(key, bytes("\(next)"), condition: .ifMatches(info.version))
                return
            } catch {
                guard error.code == .conflict || error.code == .notFound || error.isTransient else { throw error }
            }
        }
    }

    private static let reading = [
        StoreContract("an absent object is nil to head and notFound to get") { (store) async throws in
            #expect(try await store.head("no/such") == nil)
            #expect(await code { _ = try await store.get("no/such") } == .notFound)
            #expect(await code { _ = try await store.get("no/such", range: 0..<1) } == .notFound)
            #expect(await code { _ = try await store.get("no/such", range: 0..<0) } == .notFound)
        },
        StoreContract("a range is answered exactly or refused") { (store) async throws in
            try await store.put("ranged", .bytes(Array(0..<100)))
            #expect(try await store.get("ranged", range: 10..<20) == Array(10..<20))
            #expect(try await store.get("ranged", range: 0..<100) == Array(0..<100))
            #expect(try await store.get("ranged", range: 99..<100) == [99])
            #expect(try await store.get("ranged", range: 50..<50) == [])
            for range in [90..<101, 100..<101, 200..<300] {
                #expect(await code { _ = try await store.get("ranged", range: range) } == .invalidRange)
            }
        },
        StoreContract("a read of one version refuses another") { (store) async throws in
            let old = try await store.put("versioned", bytes("old"))
            #expect(try await store.get("versioned", range: 0..<1, version: old) == Array("o".utf8))
            let new = try await store.put("versioned", bytes("new"))
            #expect(await code { _ = try await store.get("versioned", range: nil, version: old) } == .conflict)
            #expect(try await store.get("versioned", range: nil, version: new) == Array("new".utf8))
        },
    ]

    private static let listing = [
        StoreContract("a listing has the keys of the prefix, in byte order, with their versions") {
            (store) async throws in
            let all = ["a-b", "a.txt", "a0", "b/1", "b/10", "b/2", "b/c/d", "b0", "c/x/y", "z"]
            for key in all.reversed() { try await store.put(key, bytes(key)) }
            let sorted = all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(try await keys(store) == sorted)
            for prefix in ["b", "b/", "b/1", "b/c", "b/c/d", "nothing", "a."] {
                #expect(try await keys(store, prefix) == sorted.filter { $0.hasPrefix(prefix) })
            }
            for try await object in store.list(prefix: "b/") {
                #expect(try await store.head(object.key)?.version == object.version)
                #expect(object.byteCount == object.key.utf8.count)
            }
        },
        StoreContract("a listing of more than a page is complete and in order") { (store) async throws in
            let all = (0..<1203).map { "many/\($0 % 7)/\(1000 + $0)" }
            try await fill(store, all)
            #expect(try await keys(store, "many/") == all.sorted())
            let first = try await store.list(prefix: "many/", after: nil)
            #expect(first.objects.count == 1000)
            #expect(first.next != nil)
            try await store.delete(all)
            #expect(try await keys(store, "many/").isEmpty)
        },
        StoreContract("a listing may begin after a key, which need not be an object's") { (store) async throws in
            let days = (1...12).map { $0 < 10 ? "day=0\($0)" : "day=\($0)" }
            let all = days.flatMap { ["t/\($0)/1", "t/\($0)/2"] } + ["t_changes/x", "u"]
            for key in all { try await store.put(key, bytes(key)) }
            func after(_ prefix: String, _ key: String) async throws -> [String] {
                var keys: [String] = []
                for try await object in store.list(prefix: prefix, startingAfter: key) { keys.append(object.key) }
                return keys
            }
            for key in [
                "", "s", "t/", "t/day=04/", "t/day=04/1", "t/day=04/1a", "t/day=04/2", "t/day=04/20", "t/day=99",
            ] {
                let expected = all.filter { $0.hasPrefix("t/") && key.utf8.lexicographicallyPrecedes($0.utf8) }
                #expect(try await after("t/", key) == expected)
            }
            #expect(try await after("t/", "u") == [])
            #expect(try await after("", "t/day=12/1") == ["t/day=12/2", "t_changes/x", "u"])
            #expect(try await after("t/day=05/", "t/day=04/1") == ["t/day=05/1", "t/day=05/2"])
        },
        StoreContract("a listing that begins after a key goes on over pages") { (store) async throws in
            let all = (0..<1105).map { "many/\(1000 + $0)" }
            try await fill(store, all)
            var found: [String] = []
            for try await object in store.list(prefix: "many/", startingAfter: "many/1049") { found.append(object.key) }
            #expect(found == Array(all[50...]))
            try await store.delete(all)
        },
        StoreContract("a probe passes and leaves nothing") { (store) async throws in
            try await store.probe(prefix: "_sluice/")
            #expect(try await keys(store).isEmpty)
        },
        StoreContract("an empty store lists nothing") { (store) async throws in
            #expect(try await keys(store).isEmpty)
        },
    ]

    private static let removing = [
        StoreContract("deleting is idempotent") { (store) async throws in
            try await store.put("d/e/f", bytes("x"))
            try await store.delete("d/e/f")
            try await store.delete("d/e/f")
            try await store.delete("never/was")
            #expect(try await store.head("d/e/f") == nil)
            #expect(try await keys(store).isEmpty)
        },
        StoreContract("a delete of one version spares another") { (store) async throws in
            let old = try await store.put("guarded", bytes("1"))
            let new = try await store.put("guarded", bytes("2"))
            #expect(await code { try await store.delete("guarded", version: old) } == .conflict)
            #expect(try await text(store, "guarded") == "2")
            try await store.delete("guarded", version: new)
            try await store.delete("guarded", version: new)
            #expect(try await store.head("guarded") == nil)
        },
        StoreContract("many deletes, some of absent objects, in one call") { (store) async throws in
            try await store.put("m/1", bytes("1"))
            try await store.put("m/2", bytes("2"))
            try await store.put("m/3", bytes("3"))
            try await store.delete(["m/1", "m/3", "m/4"])
            #expect(try await keys(store) == ["m/2"])
            try await store.delete([])
        },
        StoreContract("writers and removers of one directory do not disturb each other") { (store) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for round in 0..<10 {
                            let key = "busy/dir/\(worker)-\(round)"
                            try await store.put(key, bytes(key))
                            #expect(try await text(store, key) == key)
                            try await store.delete(key)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await keys(store).isEmpty)
        },
        StoreContract("sweeping a store without leftovers removes nothing") { (store) async throws in
            try await store.put("stay", bytes("x"))
            #expect(try await store.sweepLeftovers() == 0)
            #expect(try await keys(store) == ["stay"])
        },
    ]
}

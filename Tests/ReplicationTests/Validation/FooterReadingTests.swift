import Foundation
import Lake
import ObjectStorage
import Testing

@testable import Replication

@Suite
struct FooterReadingTests {
    private static let agreement = SchemaAgreement(
        columns: [],
        key: ["id"],
        partition: nil,
        known: ["id", "day", "note"],
        excluded: [],
        isStreamed: true,
        hasDeleted: false
    )

    private let lake: DayLake

    init() async throws {
        lake = try DayLake()
        let changes = (0..<3).map { number in
            DayLake.Change(operation: "I", id: Int64(number), day: DayLake.firstDay + Int32(number), note: "n")
        }
        try await lake.write(changes, lsn: 100)
        _ = try await lake.rewrite(through: 100)
    }

    private func objects() async throws -> [ObjectInfo] {
        var objects: [ObjectInfo] = []
        for try await object in lake.store.list(prefix: "t/") { objects.append(object) }
        return objects
    }

    private func read(_ objects: [ObjectInfo], in store: any ObjectStore) async throws -> [String] {
        try await onOwnThread("test") {
            let found = FooterReading(store: store, agreement: Self.agreement).read(objects)
            return objects.map { object in
                switch found[object.key] {
                case nil: "gone"
                case .footer: "footer"
                case .damaged: "damaged"
                case .unread: "unread"
                }
            }
        }
    }

    @Test
    func `an object whose bytes are wrong is damaged`() async throws {
        let objects = try await objects()
        let bytes = try await lake.store.get(objects[1].key, range: nil, version: nil)
        try await lake.store.put(objects[1].key, .bytes(Array(bytes.dropLast(9))))
        #expect(try await read(try await self.objects(), in: lake.store) == ["footer", "damaged", "footer"])
    }

    @Test(arguments: [true, false])
    func `an object that the store does not give is not damaged`(isTransient: Bool) async throws {
        let objects = try await objects()
        let store = RefusingStore(lake.store, refusing: objects[1].key, isTransient: isTransient)
        #expect(try await read(objects, in: store) == ["footer", "unread", "footer"])
    }

    @Test
    func `an object that is gone since it was listed is none, and one that was replaced is read`() async throws {
        let objects = try await objects()
        try await lake.store.delete(objects[1].key)
        let bytes = try await lake.store.get(objects[0].key, range: nil, version: nil)
        try await lake.store.put(objects[0].key, .bytes(bytes))
        #expect(try await read(objects, in: lake.store) == ["footer", "gone", "footer"])
    }
}

/// A store that gives no bytes of one object.
private final class RefusingStore: ForwardingStore {
    let store: any ObjectStore
    private let refused: String
    private let isTransient: Bool

    init(_ store: any ObjectStore, refusing key: String, isTransient: Bool) {
        (self.store, refused, self.isTransient) = (store, key, isTransient)
    }

    func get(_ key: String, range: Range<Int>?, version: ObjectVersion?) async throws(ObjectStorageError) -> [UInt8] {
        guard key != refused else {
            throw ObjectStorageError(isTransient ? .unavailable : .accessDenied, "refused", isTransient: isTransient)
        }
        return try await store.get(key, range: range, version: version)
    }
}

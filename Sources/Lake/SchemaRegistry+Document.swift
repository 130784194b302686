import Foundation
public import ObjectStorage

extension SchemaRegistry {
    /// Reads the registry of a slot; one without tables if the slot has none.
    ///
    /// - Throws: ``CheckpointStore/Failure`` if the lake cannot be asked, or the document is not readable.
    public static func load(
        slot: String,
        from store: any ObjectStore
    ) async throws(CheckpointStore.Failure) -> SchemaRegistry {
        let key = key(slot: slot)
        let bytes: [UInt8]
        do {
            bytes = try await store.get(key)
        } catch {
            if error.code == .notFound { return SchemaRegistry() }
            throw .store(error)
        }
        do {
            return try JSONDecoder().decode(SchemaRegistry.self, from: Data(bytes))
        } catch {
            throw .unreadable("\(key) is not readable: \(error)")
        }
    }

    /// Replaces the registry of a slot; only the process that reads the slot does.
    ///
    /// - Throws: ``CheckpointStore/Failure`` if the lake refuses.
    public func save(slot: String, to store: any ObjectStore) async throws(CheckpointStore.Failure) {
        let key = Self.key(slot: slot)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try encoder.encode(self))
        } catch {
            throw .unreadable("\(key) cannot be written as JSON: \(error)")
        }
        do {
            try await store.put(key, .bytes(bytes))
        } catch {
            throw .store(error)
        }
    }
}

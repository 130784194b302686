import Foundation
import Lake
import ObjectStorage

/// The note of what is being merged in one table, changed by compare-and-swap.
///
/// Blocks the calling thread.
struct CompactionIntentStore {
    let store: any ObjectStore
    let table: String
    /// The key of the document.
    let key: String

    init(store: any ObjectStore, slot: String, table: String) {
        self.store = store
        self.table = table
        key = CompactionIntent.key(slot: slot, table: table)
    }

    /// Reads the document.
    ///
    /// - Returns: What it says, and its version; nil if there is none.
    /// - Throws: ``ReplicationError`` if it cannot be understood, or what the store throws.
    func load() throws -> (intent: CompactionIntent, version: ObjectVersion)? {
        let (store, key) = (store, key)
        let found = try waitForResult { () -> (bytes: [UInt8], version: ObjectVersion)? in
            guard let info = try await store.head(key) else { return nil }
            return (try await store.get(key, range: nil, version: info.version), info.version)
        }
        guard let found else { return nil }
        guard let intent = try? JSONDecoder().decode(CompactionIntent.self, from: Data(found.bytes)),
            intent.format == CompactionIntent.currentFormat, intent.isSound(for: table)
        else {
            throw ReplicationError(
                .lake,
                "\(key) does not say which files of changes are merged; use the release of sluice that wrote it, or a newer"
            )
        }
        return (intent, found.version)
    }

    /// Whether nobody has replaced or removed that version.
    func isCurrent(_ version: ObjectVersion) throws -> Bool {
        let (store, key) = (store, key)
        return try waitForResult { try await store.head(key)?.version == version }
    }

    /// Writes the document.
    ///
    /// - Parameters:
    ///   - intent: What it is to say.
    ///   - version: The version that it replaces; nil if there must be none.
    /// - Returns: The version that was written.
    /// - Throws: ``ReplicationError`` if another process was faster, or what the store throws.
    func save(_ intent: CompactionIntent, over version: ObjectVersion?) throws -> ObjectVersion {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = [UInt8](try encoder.encode(intent))
        let (store, key) = (store, key)
        return try orOvertaken {
            try waitForResult {
                try await store.put(key, .bytes(bytes), condition: version.map(WriteCondition.ifMatches) ?? .ifAbsent)
            }
        }
    }

    /// Removes the document.
    ///
    /// - Throws: ``ReplicationError`` if another process was faster, or what the store throws.
    func remove(_ version: ObjectVersion) throws {
        let (store, key) = (store, key)
        try orOvertaken { try waitForResult { try await store.delete(key, version: version) } }
    }

    /// Another process has merged meanwhile; what it has begun it finishes, or the next run does.
    var overtaken: ReplicationError {
        ReplicationError(.lake, "another process merges files of changes: it has changed \(key)", isTransient: true)
    }

    private func orOvertaken<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let error as ObjectStorageError where error.code == .conflict || error.code == .notFound {
            throw overtaken
        }
    }
}

import Foundation
import ObjectStorage

/// What is left of a slot that was dropped: how many starts had read it.
///
/// The files of a dropped slot stay in the lake. Their names hold generations, so the next checkpoint of that slot goes
/// on counting where this one ends: no new file can have the name of an old one, and every file of a generation up to
/// here is known to be of a former life, of which the new checkpoint says nothing and which it leaves alone, whatever
/// its positions are: they may belong to a server that has been restored since. Written by ``CheckpointStore/drop()``.
struct FormerGenerations: Codable, Sendable, Equatable {
    /// The layout of the document.
    static let currentFormat = 1

    var format = Self.currentFormat
    /// The number of the last start.
    var generations: Int

    /// The key of the document.
    static func key(slot: String) -> String { "_sluice/\(LakeLayout.encode(slot))/\(name)" }

    private static let name = "dropped.json"

    /// Reads how many starts there were.
    ///
    /// - Returns: The number of the last one, 0 if the slot was never dropped.
    private static func load(_ key: String, from store: any ObjectStore) async throws(CheckpointStore.Failure) -> Int {
        let bytes: [UInt8]
        do {
            bytes = try await store.get(key)
        } catch {
            if error.code == .notFound { return 0 }
            throw .store(error)
        }
        guard let document = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
            document.format == currentFormat
        else { throw .unreadable("\(key) is not readable; use the release of sluice that wrote it, or a newer") }
        return document.generations
    }

    /// The greatest number of starts of all slots that were dropped: a new slot counts on from there, so that what is left
    /// of any of them is never taken for its own.
    static func greatest(in store: any ObjectStore) async throws(CheckpointStore.Failure) -> Int {
        var greatest = 0
        for folder in try await ControlFolders.list(in: store) {
            greatest = max(greatest, try await load(folder + name, from: store))
        }
        return greatest
    }

    /// Writes how many starts there were; the number never becomes less.
    static func save(_ generations: Int, slot: String, to store: any ObjectStore) async throws(CheckpointStore.Failure)
    {
        let known = try await load(key(slot: slot), from: store)
        let text = "{\"format\": \(currentFormat), \"generations\": \(max(known, generations))}\n"
        do {
            try await store.put(key(slot: slot), .bytes(Array(text.utf8)))
        } catch {
            throw .store(error)
        }
    }
}

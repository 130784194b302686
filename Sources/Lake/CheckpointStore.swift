import Foundation
public import ObjectStorage
public import PostgresWire

/// The one document that says what is durable, changed by compare-and-swap.
///
/// Used by all parts of a process, and by no two processes for long: the first write of a new process makes every later
/// write of the old one fail.
public actor CheckpointStore {
    private let store: any ObjectStore
    /// The slot.
    public let slot: String
    private let key: String
    /// Tells this process apart from all others.
    private let owner: String
    private var current: Checkpoint?
    private var version: ObjectVersion?
    /// Whether another process has taken over; never false again, since having read its document this one could replace it.
    private var isReplaced = false
    private var isWriting = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Why the checkpoint could not be read or replaced.
    public enum Failure: Error, Sendable {
        /// Another process has taken over since this one has read the checkpoint.
        case replaced
        /// The document is none that this release can read.
        case unreadable(String)
        /// The store refused.
        case store(ObjectStorageError)
    }

    /// Creates a store for the checkpoint of a slot.
    ///
    /// - Parameters:
    ///   - store: The lake.
    ///   - slot: The slot.
    ///   - owner: Tells this process apart from all others.
    public init(store: any ObjectStore, slot: String, owner: String) {
        self.store = store
        self.slot = slot
        self.owner = owner
        key = Self.key(slot: slot)
    }

    /// The key of a slot's checkpoint.
    public static func key(slot: String) -> String { folder(slot: slot) + "checkpoint.json" }

    private static func folder(slot: String) -> String { "_sluice/\(LakeLayout.encode(slot))/" }

    /// Reads a document without the intent to replace it.
    ///
    /// - Returns: The checkpoint, or nil if there is none.
    static func read(_ key: String, from store: any ObjectStore) async throws(Failure) -> Checkpoint? {
        let bytes: [UInt8]
        do {
            bytes = try await store.get(key)
        } catch {
            if error.code == .notFound { return nil }
            throw .store(error)
        }
        return try decode(bytes, key: key)
    }

    /// Reads the document.
    ///
    /// - Returns: The checkpoint, or nil if the slot has none.
    /// - Throws: ``Failure``.
    @discardableResult
    public func load() async throws(Failure) -> Checkpoint? {
        do {
            guard let info = try await store.head(key) else {
                (current, version) = (nil, nil)
                return nil
            }
            let bytes = try await store.get(key, range: nil, version: info.version)
            (current, version) = (try Self.decode(bytes, key: key), info.version)
            return current
        } catch let error as ObjectStorageError {
            // Replaced between the two requests: the next look is as good.
            if error.code == .conflict || error.code == .notFound { return try await load() }
            throw .store(error)
        } catch let error as Failure {
            throw error
        } catch {
            throw .unreadable("\(error)")
        }
    }

    /// What this process has last read or written.
    public var checkpoint: Checkpoint? { current }

    /// Whether nobody has replaced what this process has last written.
    ///
    /// - Throws: ``Failure`` if the store cannot be asked.
    public func isCurrent() async throws(Failure) -> Bool {
        await enter()
        defer { leave() }
        guard !isReplaced else { return false }
        do {
            if try await store.head(key)?.version == version { return true }
        } catch {
            throw .store(error)
        }
        // A write of this process whose answer was lost may be there.
        isReplaced = try await load()?.generations.last?.owner != owner
        return !isReplaced
    }

    /// Takes over: begins a generation of this process.
    ///
    /// - Parameters:
    ///   - source: Where the changes come from.
    ///   - position: Where to begin if there is no checkpoint yet.
    ///   - time: The present time, ISO 8601.
    /// - Returns: What was written.
    /// - Throws: ``Failure/replaced`` if another process was faster.
    public func takeOver(
        source: Checkpoint.Source,
        position: LSN,
        time: String
    ) async throws(Failure) -> Checkpoint {
        let former = current == nil ? try await FormerGenerations.greatest(in: store) : 0
        return try await update { [owner] checkpoint throws(Failure) in
            var checkpoint =
                checkpoint
                ?? Checkpoint(
                    source: source,
                    position: position,
                    updated: time,
                    formerGenerations: former > 0 ? former : nil
                )
            checkpoint.source = source
            checkpoint.updated = time
            checkpoint.begin(owner: owner, started: time)
            return checkpoint
        }
    }

    /// The greatest generation of all slots that were dropped from a lake, 0 without any: files of changes of no greater one
    /// are of streams that have ended.
    ///
    /// - Throws: ``Failure`` if the store cannot be asked.
    public static func lastFormerGeneration(in store: any ObjectStore) async throws(Failure) -> Int {
        try await FormerGenerations.greatest(in: store)
    }

    /// Removes all that the lake knows of the slot, except how many starts have read it; files of rows and of changes stay.
    ///
    /// - Throws: ``Failure/replaced`` if another process has written since this one has read the checkpoint.
    public func drop() async throws(Failure) {
        await enter()
        defer { leave() }
        do {
            // First of all, so that an end in between cannot make the next checkpoint count from 1.
            if let current { try await FormerGenerations.save(current.generation, slot: slot, to: store) }
            // Whoever still writes is to fail before anything else is gone.
            try await store.delete(key, version: version)
            try await store.delete(try await attachments())
            (current, version) = (nil, nil)
        } catch let error as ObjectStorageError {
            throw error.code == .conflict ? .replaced : .store(error)
        } catch {
            throw (error as? Failure) ?? .unreadable("\(error)")
        }
    }

    /// The keys of what is kept for the slot beside the checkpoint.
    ///
    /// Not whatever lies in the slot's folder: a slot may be called like another folder of `_sluice/`. Nor the names of
    /// columns, since the files that stay have them.
    public func attachments() async throws(Failure) -> [String] {
        do {
            var keys: [String] = []
            for folder in [Self.folder(slot: slot) + "tables/", CompactionIntent.folder(slot: slot)] {
                for try await object in store.list(prefix: folder) { keys.append(object.key) }
            }
            return keys
        } catch {
            throw .store(error)
        }
    }

    /// Replaces the document; changes of several callers follow one another.
    ///
    /// - Parameter change: Makes the new document from the present one; nil stands for none yet.
    /// - Returns: What was written.
    /// - Throws: ``Failure/replaced`` if another process was faster: this one is to end.
    @discardableResult
    public func update(
        _ change: @Sendable (Checkpoint?) throws(Failure) -> Checkpoint
    ) async throws(Failure) -> Checkpoint {
        await enter()
        defer { leave() }
        guard !isReplaced else { throw .replaced }
        // A write whose answer was lost may have happened: then the document is there already, and is ours.
        for _ in 0..<2 {
            let next = try change(current)
            let bytes = try Self.encode(next)
            do {
                let condition = version.map(WriteCondition.ifMatches) ?? .ifAbsent
                version = try await store.put(key, .bytes(bytes), condition: condition)
                current = next
                return next
            } catch {
                guard error.code == .conflict || error.code == .notFound else { throw .store(error) }
            }
            guard try await load()?.generations.last?.owner == owner else {
                isReplaced = true
                throw .replaced
            }
        }
        throw .replaced
    }

    /// Waits for the writer before: an actor lets others in while it waits for the store.
    private func enter() async {
        while isWriting { await withCheckedContinuation { waiting.append($0) } }
        isWriting = true
    }

    private func leave() {
        isWriting = false
        if !waiting.isEmpty { waiting.removeFirst().resume() }
    }

    private static func encode(_ checkpoint: Checkpoint) throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(checkpoint))
        } catch {
            throw .unreadable("the checkpoint cannot be written as JSON: \(error)")
        }
    }

    private static func decode(_ bytes: [UInt8], key: String) throws(Failure) -> Checkpoint {
        let checkpoint: Checkpoint
        do {
            checkpoint = try JSONDecoder().decode(Checkpoint.self, from: Data(bytes))
        } catch {
            throw .unreadable(
                "\(key) is no checkpoint (\(error)), so that nothing says which changes the lake has: put the version "
                    + "before back, if the store keeps versions; otherwise remove it, run sluice drop, move the folders of "
                    + "changes (<table>_changes) out of the lake, and run sluice replicate, which loads all tables again"
            )
        }
        guard checkpoint.format == Checkpoint.currentFormat else {
            throw .unreadable(
                "\(key) has format \(checkpoint.format); use the release of sluice that wrote it, or a newer"
            )
        }
        return checkpoint
    }
}

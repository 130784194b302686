import Foundation
public import ObjectStorage

/// The document that says how far the days of one table have been rewritten, changed by compare-and-swap.
///
/// Whoever begins to rewrite a table writes its name there; whoever finds another's name stops.
public actor RewriteStateStore {
    private let store: any ObjectStore
    private let key: String
    private let owner: String
    private var version: ObjectVersion?

    /// Creates a store for a table's state.
    ///
    /// - Parameters:
    ///   - store: The lake.
    ///   - slot: The slot that the changes come through.
    ///   - table: The table's name in the lake.
    ///   - owner: Tells this process apart from all others.
    public init(store: any ObjectStore, slot: String, table: String, owner: String) {
        self.store = store
        self.owner = owner
        key = Self.key(slot: slot, table: table)
    }

    /// The key of a table's state.
    public static func key(slot: String, table: String) -> String {
        "_sluice/\(LakeLayout.encode(slot))/tables/\(table).json"
    }

    /// Reads the state without claiming it.
    ///
    /// - Returns: The state; that of a table whose days were never rewritten is empty.
    /// - Throws: ``CheckpointStore/Failure``.
    public func load() async throws(CheckpointStore.Failure) -> RewriteState {
        do {
            guard let info = try await store.head(key) else {
                version = nil
                return RewriteState()
            }
            let bytes = try await store.get(key, range: nil, version: info.version)
            version = info.version
            return try decode(bytes)
        } catch let error as ObjectStorageError {
            // Replaced between the two requests: the next look is as good.
            if error.code == .conflict || error.code == .notFound { return try await load() }
            throw .store(error)
        } catch {
            throw (error as? CheckpointStore.Failure) ?? .unreadable("\(error)")
        }
    }

    /// Makes this process the one that rewrites the table.
    ///
    /// - Returns: The state as it is now.
    /// - Throws: ``CheckpointStore/Failure``; `replaced` if another process was faster.
    public func claim(time: String) async throws(CheckpointStore.Failure) -> RewriteState {
        var state = try await load()
        guard state.owner != owner else { return state }
        state.owner = owner
        let unsettled = Set((state.unsettled ?? []) + (state.writing ?? []))
        (state.unsettled, state.writing) = (unsettled.isEmpty ? nil : unsettled.sorted(), nil)
        state.updated = time
        try await save(state)
        return state
    }

    /// Whether nobody else has written since this process has.
    ///
    /// - Throws: ``CheckpointStore/Failure`` if the store cannot be asked.
    public func isCurrent() async throws(CheckpointStore.Failure) -> Bool {
        do {
            return try await store.head(key)?.version == version
        } catch {
            throw .store(error)
        }
    }

    /// Replaces the state that this process has last read or written.
    ///
    /// - Throws: ``CheckpointStore/Failure``; `replaced` if somebody else has written since.
    public func save(_ state: RewriteState) async throws(CheckpointStore.Failure) {
        let bytes = try encode(state)
        do {
            version = try await store.put(
                key,
                .bytes(bytes),
                condition: version.map(WriteCondition.ifMatches) ?? .ifAbsent
            )
        } catch {
            guard error.code == .conflict || error.code == .notFound else { throw .store(error) }
            // A write whose answer was lost may have happened.
            guard try await load() == state else { throw .replaced }
        }
    }

    private func encode(_ state: RewriteState) throws(CheckpointStore.Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(state))
        } catch {
            throw .unreadable("\(key) cannot be written as JSON: \(error)")
        }
    }

    private func decode(_ bytes: [UInt8]) throws(CheckpointStore.Failure) -> RewriteState {
        let state: RewriteState
        do {
            state = try JSONDecoder().decode(RewriteState.self, from: Data(bytes))
        } catch {
            throw .unreadable(
                "\(key) does not say how far a table is rewritten (\(error)): remove it, and the next run finds out from the "
                    + "days and the changes"
            )
        }
        guard state.format == RewriteState.currentFormat else {
            throw .unreadable("\(key) has format \(state.format); use the release of sluice that wrote it, or a newer")
        }
        return state
    }
}

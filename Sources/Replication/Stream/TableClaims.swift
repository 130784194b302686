import Lake
import ObjectStorage
import Telemetry

/// Sees to it that a folder of the lake has the rows or changes of one stream only.
///
/// Another stream's table of the same name, or what a stream that is gone has left, would be taken for this one's: days would
/// replace each other, and rewriting would take up changes that are not of this table. A name is claimed by its entry in the
/// checkpoint, before anything of the table is written. Of two streams that claim a name at the same moment each sees the
/// other's entry, or one of them does, and gives way.
struct TableClaims: Sendable {
    let store: any ObjectStore
    let checkpoints: CheckpointStore

    /// Refuses names that another stream has, without claiming any.
    ///
    /// - Throws: ``ReplicationError``.
    func check(_ registry: TableRegistry) async throws {
        let slot = await checkpoints.slot
        let others = try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await LakeStreams.load(from: store, besides: slot)
        }
        for table in registry.tables {
            if let owner = others.owner(of: table.name) { throw Self.refusal(table, owner) }
        }
    }

    /// Claims the names that are new, if there are any.
    ///
    /// - Throws: ``ReplicationError`` with code `configuration` if a name is another stream's; it is not claimed then.
    func claim(_ registry: TableRegistry) async throws {
        guard let checkpoint = await checkpoints.checkpoint else { throw ReplicationError.replaced }
        let known = Set(checkpoint.tables.map(\.name))
        let new = registry.tables.filter { !known.contains($0.name) }
        guard !new.isEmpty else { return }
        try await check(registry)
        for table in new { try await expectNoChanges(of: table, checkpoint) }
        try await update { $0.tables = registry.merged(into: $0.tables) }
        do {
            try await check(registry)
        } catch {
            let names = Set(new.map(\.name))
            try await update { checkpoint in checkpoint.tables.removeAll { names.contains($0.name) } }
            throw error
        }
    }

    /// Nothing of a new table can be there yet that would be taken for durable.
    private func expectNoChanges(of table: Checkpoint.Table, _ checkpoint: Checkpoint) async throws(ReplicationError) {
        let folder = ChangeFileName.folder(of: table.name) + "/"
        var isThere = false
        do throws(ObjectStorageError) {
            for try await object in store.list(prefix: folder) {
                guard let name = ChangeFileName(key: object.key), name.table == table.name else { continue }
                isThere = name.generation > checkpoint.formerGenerations ?? 0
                if isThere { break }
            }
        } catch {
            throw ReplicationError(error)
        }
        guard isThere else { return }
        throw ReplicationError(
            .configuration,
            "\(store.location)/\(folder) has changes of a stream that is gone, which would be taken for those of table "
                + "\(Self.name(table)): move that folder out of the lake or remove it, or give the table another name there "
                + "with name: in its settings"
        )
    }

    private func update(_ change: @escaping @Sendable (inout Checkpoint) -> Void) async throws {
        try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await checkpoints.update { checkpoint throws(CheckpointStore.Failure) in
                guard var checkpoint else { throw .replaced }
                change(&checkpoint)
                checkpoint.updated = "\(UTCTime.now)"
                return checkpoint
            }
        }
    }

    private static func name(_ table: Checkpoint.Table) -> String {
        table.schema == "public" ? table.table : "\(table.schema).\(table.table)"
    }

    private static func refusal(_ table: Checkpoint.Table, _ owner: LakeStreams.Owner) -> ReplicationError {
        .taken(table.name, by: owner, for: name(table))
    }
}

extension ReplicationError {
    /// A name in the lake is another stream's.
    static func taken(_ name: String, by owner: LakeStreams.Owner, for table: String) -> ReplicationError {
        let stream = owner.stream
        let folder = CheckpointStore.key(slot: stream.slot).split(separator: "/").dropLast().joined(separator: "/")
        let taken = owner.table.name == name ? "the name \(name)" : "folders of the name \(name)"
        return ReplicationError(
            .configuration,
            "table \(table) cannot have \(taken) in the lake: the stream of slot \(stream.slot) brings "
                + "\(owner.table.schema).\(owner.table.table) of database \(stream.database) (cluster \(stream.system)) there as "
                + "\(owner.table.name), and each would destroy the other's rows. Give the table another name with name: in its "
                + "settings, or set lake.url to a place of its own; if that stream is gone, run sluice drop for it, or remove "
                + "\(folder)/ from the lake"
        )
    }
}

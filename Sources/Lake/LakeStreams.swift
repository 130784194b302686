public import ObjectStorage

/// The streams that bring changes into a lake, as their checkpoints say.
public struct LakeStreams: Sendable {
    /// A stream.
    public struct Stream: Sendable, Equatable {
        /// The slot that it reads.
        public var slot: String
        /// The tables that it carries.
        public var tables: [Checkpoint.Table]
        /// What it calls their columns.
        public var schemas: SchemaRegistry

        /// Describes a stream.
        public init(slot: String, tables: [Checkpoint.Table], schemas: SchemaRegistry) {
            self.slot = slot
            self.tables = tables
            self.schemas = schemas
        }
    }

    /// The streams in the order of their folders.
    public var streams: [Stream]

    /// Names the streams.
    public init(_ streams: [Stream]) {
        self.streams = streams
    }

    /// Reads the checkpoints of all slots; a slot that was dropped has none.
    ///
    /// - Throws: ``CheckpointStore/Failure`` if the lake cannot be asked, or has a checkpoint that this release cannot read.
    public static func load(from store: any ObjectStore) async throws(CheckpointStore.Failure) -> LakeStreams {
        var streams: [Stream] = []
        for key in try await checkpointKeys(in: store) {
            guard let checkpoint = try await CheckpointStore.read(key, from: store) else { continue }
            let slot = checkpoint.source.slot
            let schemas = try await SchemaRegistry.load(slot: slot, from: store)
            streams.append(Stream(slot: slot, tables: checkpoint.tables, schemas: schemas))
        }
        return LakeStreams(streams)
    }

    /// The stream that carries a table.
    ///
    /// - Parameters:
    ///   - table: The table's name in the lake.
    ///   - oid: Its OID: another table may have had the name before.
    /// - Returns: The stream; nil if none carries the table.
    public func stream(carrying table: String, oid: UInt32) -> Stream? {
        streams.first { $0.tables.contains { $0.oid == oid && $0.name == table } }
    }

    private static func checkpointKeys(
        in store: any ObjectStore
    ) async throws(CheckpointStore.Failure) -> [String] {
        var keys: [String] = []
        do {
            for try await object in store.list(prefix: "_sluice/") {
                let parts = object.key.split(separator: "/", omittingEmptySubsequences: false)
                if parts.count == 3, parts[2] == "checkpoint.json" { keys.append(object.key) }
            }
        } catch {
            throw .store(error)
        }
        return keys
    }
}

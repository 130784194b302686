public import ObjectStorage

/// The streams that bring changes into a lake, as their checkpoints say.
public struct LakeStreams: Sendable {
    /// A stream.
    public struct Stream: Sendable, Equatable {
        /// The slot that it reads.
        public var slot: String
        /// `system_identifier` of the slot's cluster; empty if that does not matter.
        public var system: String
        /// The slot's database; empty if that does not matter.
        public var database: String
        /// The tables that it carries.
        public var tables: [Checkpoint.Table]
        /// What it calls their columns.
        public var schemas: SchemaRegistry

        /// Describes a stream.
        public init(
            slot: String,
            system: String = "",
            database: String = "",
            tables: [Checkpoint.Table],
            schemas: SchemaRegistry
        ) {
            self.slot = slot
            self.system = system
            self.database = database
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
    /// - Parameters:
    ///   - store: The lake.
    ///   - slot: A slot that is left out.
    /// - Returns: The streams.
    /// - Throws: ``CheckpointStore/Failure`` if the lake cannot be asked, or has a checkpoint that this release cannot read.
    public static func load(
        from store: any ObjectStore,
        besides slot: String? = nil
    ) async throws(CheckpointStore.Failure) -> LakeStreams {
        var streams: [Stream] = []
        let own = slot.map { CheckpointStore.key(slot: $0) }
        for folder in try await ControlFolders.list(in: store) {
            let key = folder + "checkpoint.json"
            guard key != own, let checkpoint = try await CheckpointStore.read(key, from: store) else { continue }
            let source = checkpoint.source
            let schemas = try await SchemaRegistry.load(slot: source.slot, from: store)
            streams.append(
                Stream(
                    slot: source.slot,
                    system: source.system,
                    database: source.database,
                    tables: checkpoint.tables,
                    schemas: schemas
                )
            )
        }
        return LakeStreams(streams)
    }

    /// The streams of a database, and those of others.
    ///
    /// - Parameters:
    ///   - system: `system_identifier` of the cluster; nil if it is not known, and names of databases have to do.
    ///   - database: The database.
    /// - Returns: The streams in two parts.
    public func divided(system: String?, database: String) -> (own: LakeStreams, others: LakeStreams) {
        func isOwn(_ stream: Stream) -> Bool {
            stream.database == database && system.map { $0 == stream.system } ?? true
        }
        return (LakeStreams(streams.filter { isOwn($0) }), LakeStreams(streams.filter { !isOwn($0) }))
    }

    /// A table of a stream.
    public struct Owner: Sendable, Equatable {
        /// The stream.
        public var stream: Stream
        /// The table.
        public var table: Checkpoint.Table
    }

    /// The table whose rows or changes are where those of a table would be.
    ///
    /// - Parameter table: The table's name in the lake.
    /// - Returns: The table that has the name, or one that collides with it; nil if there is none.
    public func owner(of table: String) -> Owner? {
        for stream in streams {
            guard let own = stream.tables.first(where: { ChangeFileName.shareFolder($0.name, table) }) else { continue }
            return Owner(stream: stream, table: own)
        }
        return nil
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
}

public import PostgresWire

/// What of a slot's changes is durable in the lake: all the state there is besides the slot itself.
///
/// Kept as `_sluice/<slot>/checkpoint.json` and replaced by compare-and-swap only, see ``CheckpointStore``.
public struct Checkpoint: Codable, Sendable, Equatable {
    /// The layout of the document.
    public static let currentFormat = 1

    /// The cluster, database and slot that the positions belong to: LSNs of another mean nothing.
    public struct Source: Codable, Sendable, Equatable {
        /// `system_identifier` of the cluster.
        public var system: String
        /// The timeline on which the slot was last read.
        public var timeline: Int
        /// The database.
        public var database: String
        /// The slot.
        public var slot: String
        /// Where the slot began (`consistent_point`); nil if somebody else has made it.
        public var slotCreated: LSN?

        /// Describes where the changes come from.
        public init(system: String, timeline: Int, database: String, slot: String, slotCreated: LSN?) {
            self.system = system
            self.timeline = timeline
            self.database = database
            self.slot = slot
            self.slotCreated = slotCreated
        }
    }

    /// A start of a process that has read the slot.
    public struct Generation: Codable, Sendable, Equatable {
        /// Counts the starts, from 1; goes on where a dropped slot of the same name has ended.
        public var number: Int
        /// The position that it took over.
        public var position: LSN
        /// Tells processes apart.
        public var owner: String
        /// When it began, ISO 8601.
        public var started: String

        /// Describes a start.
        public init(number: Int, position: LSN, owner: String, started: String) {
            self.number = number
            self.position = position
            self.owner = owner
            self.started = started
        }
    }

    /// A table that the stream carries.
    public struct Table: Codable, Sendable, Equatable {
        /// Its name in the lake.
        public var name: String
        /// Its OID, which is what it is to PostgreSQL.
        public var oid: UInt32
        /// Its schema, as last seen.
        public var schema: String
        /// Its name in the database, as last seen.
        public var table: String
        /// Schema and name under which it was first seen, if they are others now: the configuration may still use them.
        public var first: [String]?
        /// Tells its stay in the publication from an earlier one, between which changes would be missing.
        public var membership: String?
        /// OIDs of tables that had this name before and are dropped; changes of theirs may still arrive.
        public var former: [UInt32]?
        /// The snapshot (`pg_current_snapshot()`) from which its current rows were first exported; nil until they are.
        public var loaded: String?

        /// Describes a table.
        public init(name: String, oid: UInt32, schema: String, table: String, loaded: String? = nil) {
            self.name = name
            self.oid = oid
            self.schema = schema
            self.table = table
            self.loaded = loaded
        }
    }

    /// The layout of the document.
    public var format = Self.currentFormat
    /// Where the changes come from.
    public var source: Source
    /// Every transaction that ends at or before this position is durable.
    public var position: LSN
    /// When the last of them was committed, ISO 8601.
    public var committedAt: String?
    /// When this was written, ISO 8601.
    public var updated: String
    /// The starts, oldest first; only the last ones are kept.
    public var generations: [Generation]
    /// The last start of a former life of the slot, before it was dropped; nil if there was none.
    public var formerGenerations: Int?
    /// The files of the last flush.
    public var files: [String] = []
    /// The tables.
    public var tables: [Table] = []
    /// Flushes whose commit dates lie before those of flushes before them; the last ones.
    public var earlierDates: [EarlierDate]?

    /// A flush with a commit date before that of an earlier flush, as there is after a clock was put back.
    public struct EarlierDate: Codable, Sendable, Equatable {
        /// What was durable with the flush.
        public var position: LSN
        /// The date, `2026-11-22`.
        public var day: String
    }

    /// Begins at a position.
    public init(source: Source, position: LSN, updated: String, formerGenerations: Int? = nil) {
        self.source = source
        self.position = position
        self.updated = updated
        self.formerGenerations = formerGenerations
        generations = []
    }

    /// How many dates that go back are remembered.
    private static let rememberedDates = 64

    /// Notes the earliest commit date of a flush up to ``position``, before ``committedAt`` becomes its last.
    public mutating func note(earliest day: CalendarDate) {
        guard let last = committedAt.flatMap({ CalendarDate(String($0.prefix(10))) }), day < last else { return }
        earlierDates = Array(
            ((earlierDates ?? []) + [EarlierDate(position: position, day: "\(day)")]).suffix(Self.rememberedDates)
        )
    }

    /// The earliest commit date of changes that came after a position, if it is before the dates of earlier ones.
    public func earliestDate(after position: ChangePosition) -> CalendarDate? {
        (earlierDates ?? []).filter { $0.position > position.lsn }.compactMap { CalendarDate($0.day) }.min()
    }

    /// The number of the last start.
    public var generation: Int { generations.last?.number ?? formerGenerations ?? 0 }

    /// How many starts are remembered: more than can be alive at once by far.
    private static let rememberedGenerations = 64

    /// Takes over: what earlier generations have not made durable is void from here on.
    public mutating func begin(owner: String, started: String) {
        generations.append(
            Generation(number: generation + 1, position: position, owner: owner, started: started)
        )
        generations.removeFirst(max(0, generations.count - Self.rememberedGenerations))
    }

    /// Whether a file of changes holds what a later generation has received again: it was never made durable.
    public func isOrphan(_ file: ChangeFileName) -> Bool {
        // Of a former life of the slot nothing arrives again.
        guard file.generation > formerGenerations ?? 0 else { return false }
        // The first start after the file's writer decides, as far as it is remembered.
        guard let next = generations.first(where: { $0.number > file.generation }) else { return false }
        return file.last >= next.position
    }
}

extension LSN: Codable {
    /// Reads the form that PostgreSQL prints.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let lsn = LSN(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no LSN")
        }
        self = lsn
    }

    /// Writes the form that PostgreSQL prints.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

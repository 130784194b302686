import Foundation
import Lake
public import Logging
import ObjectStorage
import PostgresWire

/// The runs that a lake has records of, the newest first.
public struct RunHistory: Sendable {
    /// Which runs are wanted.
    public struct Filter: Sendable, Hashable {
        /// How many at most.
        public var limit: Int
        /// A table that they have worked on, as messages or the lake name it; nil for any.
        public var table: String?
        /// Whether those that did all that they were to do are left out.
        public var failedOnly: Bool

        /// Chooses runs.
        public init(limit: Int, table: String? = nil, failedOnly: Bool = false) {
            self.limit = limit
            self.table = table
            self.failedOnly = failedOnly
        }
    }

    /// A record is a few hundred bytes for each table.
    private static let largestRecord = 8 << 20
    /// Records that are read at the same time.
    private static let concurrentReads = 16

    private let store: any ObjectStore
    private let logger: Logger

    init(store: any ObjectStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Reads the records of a lake; one that has none is no failure.
    ///
    /// Looks back from today, as far as it takes to find as many as are wanted: of years of runs only the last days are
    /// listed.
    ///
    /// - Throws: ``ReplicationError`` if the lake cannot be read.
    public static func read(_ lake: LakeOptions, _ filter: Filter, logger: Logger) async throws -> [RunRecord] {
        guard let store = try lake.openIfPresent() else { return [] }
        return try await RunHistory(store: store, logger: logger).records(filter, today: Date())
    }

    /// The newest records that a filter wants.
    func records(_ filter: Filter, today: Date) async throws -> [RunRecord] {
        var records: [RunRecord] = []
        do throws(ObjectStorageError) {
            var days = RunDays(store: store, today: today)
            while records.count < filter.limit, let keys = try await days.next() {
                // The newest first; in one second any order.
                for start in stride(from: 0, to: keys.count, by: Self.concurrentReads) {
                    let batch = keys[start..<min(start + Self.concurrentReads, keys.count)]
                    records += await read(batch).filter { Self.isWanted($0, filter) }
                    if records.count >= filter.limit { break }
                }
            }
        } catch {
            throw ReplicationError(error)
        }
        return Array(records.prefix(filter.limit))
    }

    private static func isWanted(_ record: RunRecord, _ filter: Filter) -> Bool {
        if filter.failedOnly, record.isOK { return false }
        guard let table = filter.table else { return true }
        let names = names(of: table)
        return record.tables.contains { names.contains($0.table) } || !names.isDisjoint(with: record.failedTables)
    }

    /// A table as it was asked for, and as runs name the table that SQL calls so: `public.invoices` is `invoices`.
    static func names(of table: String) -> Set<String> {
        guard let name = (try? TablePattern(table))?.exactName else { return [table] }
        return [table, name.schema == TablePattern.defaultSchema ? name.table : "\(name.schema).\(name.table)"]
    }

    /// Reads records; whatever is none is passed over with a warning.
    private func read(_ objects: ArraySlice<ObjectInfo>) async -> [RunRecord] {
        await withTaskGroup(of: (Int, RunRecord?).self) { group in
            for (index, object) in objects.enumerated() {
                group.addTask { (index, await read(object)) }
            }
            var found: [(Int, RunRecord)] = []
            for await (index, record) in group {
                if let record { found.append((index, record)) }
            }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func read(_ object: ObjectInfo) async -> RunRecord? {
        let place = "\(store.location)/\(object.key)"
        guard RunRecord.isKey(object.key), object.byteCount <= Self.largestRecord else {
            logger.warning("\(place) is no record of a run and is passed over")
            return nil
        }
        do {
            let bytes = try await store.get(object.key)
            if let record = RunRecord(decoding: bytes) { return record }
            logger.warning("\(place) is damaged and is passed over")
        } catch {
            logger.warning("\(place) cannot be read and is passed over: \(error)")
        }
        return nil
    }
}

/// The records of a lake, from today backwards in stretches of days that double as long as they are empty.
private struct RunDays {
    let store: any ObjectStore
    /// What comes from this day on has been looked at.
    private var end: Date
    private var hasBegun = false
    private var dayCount = 1
    /// The first record there is; nothing is before it.
    private var earliest: String?

    private static let secondsPerDay = 86_400.0

    init(store: any ObjectStore, today: Date) {
        self.store = store
        end = today
    }

    /// The records of the next stretch that has any, the newest first; nil when there are none before.
    mutating func next() async throws(ObjectStorageError) -> [ObjectInfo]? {
        if !hasBegun {
            earliest = try await store.list(prefix: RunRecord.folder, after: nil).objects.first?.key
        }
        guard let earliest else { return nil }
        while true {
            let upper = hasBegun ? RunRecord.folder + RunRecord.day(end) + "/" : nil
            // What is earlier than all days there can be is no record.
            if let upper, upper <= earliest || end.timeIntervalSince1970 <= 0 { return nil }
            let start = end.addingTimeInterval(-Double(dayCount - (hasBegun ? 0 : 1)) * Self.secondsPerDay)
            let keys = try await objects(from: RunRecord.folder + RunRecord.day(start) + "/", until: upper)
            hasBegun = true
            end = start
            // Many in a short time: what comes before is taken in small steps, too.
            dayCount = keys.isEmpty ? min(dayCount * 2, 4096) : 1
            if !keys.isEmpty { return keys.reversed() }
        }
    }

    private func objects(from start: String, until end: String?) async throws(ObjectStorageError) -> [ObjectInfo] {
        var found: [ObjectInfo] = []
        var listing = store.list(prefix: RunRecord.folder, startingAfter: start).makeAsyncIterator()
        while let object = try await listing.next() {
            if let end, object.key >= end { break }
            found.append(object)
        }
        return found
    }
}

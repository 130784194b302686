import Foundation
import Lake
import Logging
import ObjectStorage
import PostgresClient
import PostgresWire

/// Compares days of tables between database and lake, both as one snapshot of the database sees them, while the stream
/// goes on.
///
/// 1. The days' objects are listed: from here on those versions are meant.
/// 2. A snapshot is taken, and the position of the log; the checksums of the tables are computed in it.
/// 3. The checkpoint is waited for to reach that position, so that files of changes have all that the snapshot sees.
/// 4. Over the listed versions, in a local folder, the changes are applied that the snapshot sees. Locks make a row's
///    visible changes the first of its changes, so that this gives exactly the rows that the snapshot has, although commits
///    become visible in another order than that in which they are applied.
/// 5. The checksums of the objects are computed and compared.
///
/// Tables of which no stream brings changes are compared as they were exported. Tables share a round, that they need not
/// wait for the stream one by one; what one snapshot reads is limited, that it is held for minutes and not for hours.
///
/// Blocks the calling thread.
final class DeepComparison {
    /// Pages of the database that one snapshot reads, of 8 KiB each: 8 GiB, minutes of reading.
    private static let pagesOfRound = 1 << 20
    /// An object that was written so many seconds ago may be replaced at any moment.
    private static let leastHotSeconds: Int64 = 60
    /// How long is waited before a round that looks at days again, in seconds, by the number of rounds.
    private static let pause = 0.5

    private let request: ValidationRequest
    private let store: any ObjectStore
    private let streams: LakeStreams
    private let spill: SpillFolder
    private let session: DatabaseSession
    private let logger: Logger
    private let advance: @Sendable (_ rows: Int, _ bytes: Int) -> Void

    private var replication: ReplicationRequest { request.replication }
    private var control: RunControl { session.control }

    /// What a run needs.
    struct Place {
        var store: any ObjectStore
        /// The lake's streams of the database.
        var streams: LakeStreams
        var spill: SpillFolder
        var session: DatabaseSession
    }

    init(
        _ request: ValidationRequest,
        _ place: Place,
        logger: Logger,
        advance: @Sendable @escaping (_ rows: Int, _ bytes: Int) -> Void
    ) {
        MemoryAllocator.limitKeptMemory()
        self.request = request
        store = place.store
        streams = place.streams
        spill = place.spill
        session = place.session
        self.logger = logger
        self.advance = advance
    }

    /// A table, and its days that are compared; nil for all.
    struct Target {
        var table: ValidatedTable
        var days: Set<CalendarDate?>?
    }

    /// Compares tables until each day is settled.
    ///
    /// - Parameter targets: The tables.
    /// - Returns: For each table what came of its days, or why they could not be compared.
    /// - Throws: ``ReplicationError`` if the run was cancelled.
    func run(_ targets: [Target]) throws -> [ComparisonRounds] {
        var rounds = targets.map { ComparisonRounds(wanted: $0.days) }
        // Why the stream brings nothing: nobody waits for it twice.
        var streamFailure: ReplicationError?
        while true {
            let open = rounds.indices.filter { !rounds[$0].isDone }
            if open.isEmpty { break }
            // What was replaced meanwhile, or failed, needs a moment.
            rest(after: rounds[open[0]].number)
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            let started = ContinuousClock.now
            // Tables that need no stream need not wait for it, nor fail with it.
            let parts = [true, false].map { isStreamed in
                open.filter { (targets[$0].table.stream != nil) == isStreamed }
            }
            for batch in parts.flatMap({ batches($0.map { (index: $0, pages: targets[$0].table.pageCount) }) }) {
                let isStreamed = targets[batch[0]].table.stream != nil
                let known = isStreamed ? streamFailure : nil
                let results =
                    try known.map { [Found](repeating: .failure($0), count: batch.count) }
                    ?? compareOrFail(batch.map { (targets[$0].table, rounds[$0].wanted) }, &streamFailure)
                for (index, result) in zip(batch, results) {
                    switch result {
                    case .success(let found): rounds[index].take(found)
                    case .failure(let error): rounds[index].fail("\(error)", mayPass: error.isTransient)
                    }
                }
            }
            let again = rounds.reduce(0) { $0 + ($1.wanted?.count ?? 0) }
            logger.debug(
                "compared",
                metadata: ["days_again": "\(again)", "seconds": "\((ContinuousClock.now - started) / .seconds(1))"]
            )
        }
        return rounds
    }

    private func rest(after rounds: Int) {
        let end = ContinuousClock.now + .seconds(Self.pause * Double(rounds))
        while ContinuousClock.now < end, !control.isCancelled { Thread.sleep(forTimeInterval: 0.05) }
    }

    /// Tables that one snapshot reads.
    private func batches(_ tables: [(index: Int, pages: Int)]) -> [[Int]] {
        var batches: [[Int]] = []
        var pages = 0
        for table in tables {
            if batches.isEmpty || pages + table.pages > Self.pagesOfRound {
                batches.append([])
                pages = 0
            }
            batches[batches.count - 1].append(table.index)
            pages += table.pages
        }
        return batches
    }

    // MARK: - One round

    private typealias Found = Result<[CalendarDate?: DayVerdict], ReplicationError>

    private typealias Wanted = (table: ValidatedTable, wanted: Set<CalendarDate?>?)

    /// Compares tables; what keeps all of them from it fails each.
    private func compareOrFail(_ targets: [Wanted], _ streamFailure: inout ReplicationError?) throws -> [Found] {
        do {
            return try compare(targets)
        } catch {
            let failure = (error as? ReplicationError) ?? ReplicationError(.lake, "\(error)")
            guard !control.isCancelled, failure.code != .cancelled else { throw ReplicationError.cancelled }
            if failure.code == .slot { streamFailure = failure }
            return targets.map { _ in .failure(failure) }
        }
    }

    private func compare(_ targets: [Wanted]) throws -> [Found] {
        let wait = StreamWait(request: replication, store: store, session: session, logger: logger)
        let isStreamed = targets.contains { $0.table.stream != nil }
        let checkpoint = isStreamed ? try wait.checkpoint() : nil
        let loading = targets.map { target in checkpoint.map { Self.isLoading(target.table, by: $0) } ?? false }
        var found = ArraySlice(
            try compare(zip(targets, loading).filter { !$0.1 }.map(\.0), since: checkpoint, wait)
        )
        return zip(targets, loading).map { target, isLoading in
            // It would take long, and then have to be said again.
            isLoading ? .failure(Self.loading(target.table)) : found.removeFirst()
        }
    }

    private static func isLoading(_ table: ValidatedTable, by checkpoint: Checkpoint) -> Bool {
        table.stream != nil && checkpoint.tables.first { $0.oid == table.source.oid }?.loaded == nil
    }

    private static func loading(_ table: ValidatedTable) -> ReplicationError {
        ReplicationError(
            .lake,
            "table \(table.displayName) is being loaded; compare it when sluice status shows it as loaded"
        )
    }

    /// Compares tables of which none is being loaded.
    private func compare(_ targets: [Wanted], since first: Checkpoint?, _ wait: StreamWait) throws -> [Found] {
        guard !targets.isEmpty else { return [] }
        let folder = try spill.makeSubfolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let overlay: OverlayStore
        do {
            overlay = try OverlayStore(over: store, folder: folder + "/overlay")
        } catch {
            throw ReplicationError(error)
        }
        let pinned = targets.map { PinnedTable($0.table, in: overlay, control: control) }
        var failures: [Int: ReplicationError] = [:]
        for (index, table) in pinned.enumerated() {
            do {
                try table.pin(store, slot: replication.slot, hotFor: hotSeconds(of: table.table))
            } catch let error as ReplicationError {
                guard error.code == .lake, !error.isTransient else { throw error }
                failures[index] = error
            }
        }
        let (reading, tables) = try read(targets, pinned, first, &failures)
        let isStreamed = targets.contains { $0.table.stream != nil } && reading.transactions != nil
        let checkpoint = isStreamed ? try wait.wait(for: reading.position, patience: request.wait) : nil
        return try targets.indices.map { index in
            let (pinned, target, table) = (pinned[index], targets[index], tables[index])
            if let failure = failures[index] { return .failure(failure) }
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            do {
                guard let table else {
                    throw ReplicationError(
                        .database,
                        "table \(target.table.displayName) has changed meanwhile",
                        isTransient: true
                    )
                }
                if table.stream != nil {
                    try apply(checkpoint, reading.transactions, to: pinned, folder)
                }
                return .success(
                    try pinned.compare(
                        with: try reading.checksums[index].get(),
                        wanted: target.wanted,
                        width: max(1, replication.jobs),
                        progress: advance
                    )
                )
            } catch let error as ReplicationError {
                guard error.code != .cancelled else { throw error }
                return .failure(error)
            } catch let error as ObjectStorageError {
                return .failure(ReplicationError(error))
            }
        }
    }

    /// How long ago an object of a table was written that may be replaced before it is read.
    private func hotSeconds(of table: ValidatedTable) -> Int64? {
        guard table.stream != nil else { return nil }
        return max(Self.leastHotSeconds, 2 * replication.rewrite.interval.components.seconds)
    }

    /// Reads the database's side, with the tables as the snapshot sees them.
    private func read(
        _ targets: [Wanted],
        _ pinned: [PinnedTable],
        _ checkpoint: Checkpoint?,
        _ failures: inout [Int: ReplicationError]
    ) throws -> (SnapshotReading.Outcome, [ValidatedTable?]) {
        let catalog = ValidationCatalog(request: request, streams: streams, present: [])
        let mayWait = try synchronousStandbys()
        let jobs = max(1, replication.jobs)
        let reading = SnapshotReading(session: session, logger: logger, jobs: jobs, patience: request.wait)
        return try reading.read(
            plan: { reader, shared in
                let only = Set(targets.map(\.table.source.oid))
                let now = try catalog.read(reader, shared, only: only).tables
                let tables = targets.map { target in
                    now.first { $0.source.oid == target.table.source.oid && $0.isComparable(with: target.table) }
                }
                let jobs = zip(targets, tables).map { target, table in
                    let days = target.wanted.map { DayRanges.covering($0.compactMap(\.self)) }
                    return SnapshotReading.Job(table: table ?? target.table, ranges: days)
                }
                return (tables, jobs)
            },
            unseen: { snapshot in
                guard let checkpoint else { return [] }
                let held = HeldTransactions(store: store, checkpoint: checkpoint, mayWait: mayWait)
                var unseen: Set<UInt32> = []
                for (index, table) in pinned.enumerated() where table.table.stream != nil && failures[index] == nil {
                    do {
                        unseen.formUnion(try transactions(of: table, held, unseenBy: snapshot))
                    } catch {
                        guard !control.isCancelled else { throw ReplicationError.cancelled }
                        // The other tables can be compared all the same.
                        failures[index] = ReplicationError(describing: error, table: table.table.displayName)
                    }
                }
                return unseen
            }
        )
    }

    private func transactions(
        of pinned: PinnedTable,
        _ held: HeldTransactions,
        unseenBy snapshot: TransactionSnapshot
    ) throws -> Set<UInt32> {
        let (name, end) = (pinned.table.name, pinned.end)
        do {
            return try held.read(of: name, through: end, unseenBy: snapshot)
        } catch {
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            // Files that were merged since they were listed are others by now.
            return try held.read(of: name, through: end, unseenBy: snapshot)
        }
    }

    /// Whether commits may wait for a standby.
    private func synchronousStandbys() throws -> Bool {
        let connection = try session.connect()
        do {
            let setting = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'synchronous_standby_names'"
            return try connection.query(setting).scalar.map { !$0.isEmpty } ?? true
        } catch {
            throw ReplicationError(error, table: nil)
        }
    }

    private func apply(
        _ checkpoint: Checkpoint?,
        _ transactions: TransactionSnapshot?,
        to pinned: PinnedTable,
        _ folder: String
    ) throws {
        let table = pinned.table
        guard let transactions, let checkpoint else { throw ReplicationError.standby(table: table.displayName) }
        guard let entry = checkpoint.tables.first(where: { $0.oid == table.source.oid }), entry.loaded != nil else {
            throw Self.loading(table)
        }
        let path = folder + "/" + UUID().uuidString.prefix(8)
        guard mkdir(path, 0o700) == 0 else { throw SpillFolder.failure("create", path, errno) }
        let place = TableRewriter.Place(
            store: pinned.store,
            slot: replication.slot,
            table: table.name,
            owner: "validate-" + UUID().uuidString.prefix(8).lowercased(),
            folder: path
        )
        let settings = RewriteSettings(
            parquet: replication.parquet,
            keepsDeleted: table.options.deletes == .soft,
            memoryLimit: max(1 << 20, replication.memoryLimit / 4),
            days: nil,
            snapshot: transactions
        )
        try pinned.apply(checkpoint, place, settings, logger)
    }
}

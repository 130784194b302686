import Foundation
import Lake
import Logging
import ObjectStorage
import Parquet
import PostgresWire
import Synchronization
import Telemetry

/// Brings changes into the lake in the background, one flush at a time: files first, then the checkpoint.
///
/// While the store refuses or cannot be reached it tries again and again, so that the stream can go on waiting: what
/// cannot succeed without somebody's help fails at once.
final class Flusher: Sendable {
    /// Files that are encoded and uploaded at the same time: enough to hide the store's answer time.
    private static let concurrentFiles = 8
    /// The longest pause between tries.
    private static let maximumPause = Duration.seconds(30)

    private enum State: Sendable {
        case idle
        case running
        case finished(Result<LSN, ReplicationError>)
    }

    private let store: any ObjectStore
    private let checkpoints: CheckpointStore
    private let generation: Int
    private let instruments: Instruments
    private let logger: Logger
    private let tally: StreamTally
    private let state = Mutex(State.idle)

    init(
        store: any ObjectStore,
        checkpoints: CheckpointStore,
        generation: Int,
        instruments: Instruments,
        logger: Logger,
        tally: StreamTally
    ) {
        self.store = store
        self.checkpoints = checkpoints
        self.generation = generation
        self.instruments = instruments
        self.logger = logger
        self.tally = tally
    }

    /// Whether a flush has begun and its outcome was not taken yet.
    var isBusy: Bool {
        state.withLock { state in
            if case .idle = state { return false }
            return true
        }
    }

    /// Begins a flush; there must be no other.
    func start(_ flush: Flush) {
        state.withLock { $0 = .running }
        Task.detached { [self] in
            let outcome: Result<LSN, ReplicationError>
            do {
                try await carryOut(flush)
                outcome = .success(flush.position)
            } catch let error as ReplicationError {
                outcome = .failure(error)
            } catch {
                outcome = .failure(ReplicationError(.lake, "\(error)"))
            }
            state.withLock { $0 = .finished(outcome) }
        }
    }

    /// Takes the outcome of a flush that is complete.
    ///
    /// - Returns: The position that is durable now, or nil if nothing is complete.
    /// - Throws: ``ReplicationError`` if the flush cannot succeed.
    func takeOutcome() throws -> LSN? {
        let outcome = state.withLock { state -> Result<LSN, ReplicationError>? in
            guard case .finished(let outcome) = state else { return nil }
            state = .idle
            return outcome
        }
        return try outcome?.get()
    }

    /// Waits until no flush is on its way.
    ///
    /// - Throws: ``ReplicationError`` if the flush cannot succeed; not for want of room, as its changes come again.
    func settle() throws {
        while isBusy {
            do {
                if try takeOutcome() != nil { return }
            } catch let error as ReplicationError where error.isDiskFull {
                return logger.warning("\(error)")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    // MARK: - Work

    private func carryOut(_ flush: Flush) async throws {
        let start = ContinuousClock.now
        let files = Self.names(of: flush.builders.value, generation: generation)
        var byteCount = 0
        // Names first: after a crash only files of known tables are looked at.
        try await patiently("write the checkpoint") { [self] in
            try await TableClaims(store: store, checkpoints: checkpoints).claim(flush.tables.registry)
        }
        if !files.isEmpty {
            try await expectToBeCurrent()
            Failpoint.beforeEncode.reached()
            do {
                byteCount = try await upload(files)
            } catch let error as ReplicationError where error.isDiskFull {
                try await giveUp(files)
                throw error
            }
            Failpoint.afterUpload.reached()
        }
        if let schemas = flush.schemas { try await save(schemas) }
        Failpoint.beforeCheckpoint.reached()
        try await advance(to: flush, files: files.map(\.key))
        Failpoint.afterCheckpoint.reached()
        instruments.checkpointed()
        guard !files.isEmpty else { return }
        tally.add(changes: flush.rowCount)
        let elapsed = ContinuousClock.now - start
        instruments.flushed(in: elapsed)
        logger.info(
            "flushed \(flush.rowCount) changes",
            metadata: [
                "tables": "\(Set(files.map(\.builder.value.lakeName)).count)", "files": "\(files.count)",
                "bytes": "\(byteCount)", "seconds": "\(HumanUnits.seconds(elapsed))",
                "lsn": "\(flush.position)", "reason": "\(flush.reason.rawValue)",
            ]
        )
    }

    private struct File: Sendable {
        var key: String
        var builder: HandedOver<ChangeBuilder>
    }

    /// Names files; those that would share a name are told apart by their part.
    private static func names(of builders: [ChangeBuilder], generation: Int) -> [File] {
        var parts: [ChangeFileName: Int] = [:]
        return builders.map { builder in
            var name = ChangeFileName(
                table: builder.lakeName,
                day: builder.day,
                first: builder.first,
                last: builder.last,
                generation: generation
            )
            let part = parts[name, default: 0] + 1
            parts[name] = part
            name.part = part
            return File(key: name.key, builder: HandedOver(value: builder))
        }
    }

    /// A process that has been replaced must not upload any more: its files would be duplicates.
    private func expectToBeCurrent() async throws {
        try await patiently("look at the checkpoint") { [self] in
            let isCurrent = try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await checkpoints.isCurrent()
            }
            guard isCurrent else { throw ReplicationError.replaced }
        }
    }

    /// Removes what there is of a flush for which the disk has no room: the same process receives its changes again.
    private func giveUp(_ files: [File]) async throws {
        for file in files { file.builder.value.discard() }
        try await patiently("remove the files of a flush that failed") { [self] in
            do {
                try await store.delete(files.map(\.key))
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
        }
    }

    private func upload(_ files: [File]) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            var rest = files[...]
            var byteCount = 0
            func addNext() {
                guard let file = rest.popFirst() else { return }
                group.addTask { [self] in try await upload(file) }
            }
            for _ in 0..<Self.concurrentFiles { addNext() }
            while let done = try await group.next() {
                byteCount += done
                Failpoint.afterFirstUpload.reached()
                addNext()
            }
            return byteCount
        }
    }

    private func upload(_ file: File) async throws -> Int {
        let changes = file.builder.value.rowCount
        let (path, byteCount) = try await onOwnThread("sluice-encode") {
            try file.builder.value.finish(PageScratch())
        }
        Failpoint.afterEncode.reached()
        try await patiently("write \(file.key)") { [self] in
            do {
                try await store.put(file.key, .consumingFile(path: path))
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
        }
        instruments.flushed(file.builder.value.lakeName, changes: changes, bytes: byteCount)
        return byteCount
    }

    private func save(_ schemas: SchemaRegistry) async throws {
        let slot = await checkpoints.slot
        try await patiently("write \(SchemaRegistry.key(slot: slot))") { [self] in
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await schemas.save(slot: slot, to: store)
            }
        }
    }

    private func advance(to flush: Flush, files: [String]) async throws {
        let earliest = files.compactMap { ChangeFileName(key: $0)?.day }.min()
        do {
            try await patiently("write the checkpoint") { [self] in
                _ = try await withCheckpoint { () throws(CheckpointStore.Failure) in
                    try await checkpoints.update { checkpoint throws(CheckpointStore.Failure) in
                        guard var checkpoint else { throw .replaced }
                        checkpoint.position = max(checkpoint.position, flush.position)
                        if let earliest { checkpoint.note(earliest: earliest) }
                        if let committedAt = flush.committedAt {
                            checkpoint.committedAt = "\(UTCTime(millisecondsSinceEpoch: Int(committedAt / 1_000)))"
                        }
                        checkpoint.updated = "\(UTCTime.now)"
                        checkpoint.tables = flush.tables.registry.merged(into: checkpoint.tables).filter { table in
                            // What has come since is yet to be claimed.
                            checkpoint.tables.contains { $0.name == table.name }
                        }
                        if !files.isEmpty { checkpoint.files = files }
                        return checkpoint
                    }
                }
            }
        } catch let error as ReplicationError where error.code == .replaced {
            // Whoever has taken over receives these changes again.
            try? await store.delete(files)
            throw error
        }
    }

    /// Tries until it succeeds, or until trying is of no use.
    private func patiently(_ action: String, _ work: @Sendable () async throws -> Void) async throws {
        var pause = Duration.seconds(1)
        while true {
            do {
                try await work()
                return instruments.health.obstructed(nil)
            } catch let error as ReplicationError {
                guard error.isTransient else { throw error }
                instruments.health.obstructed("cannot \(action) yet: \(error)")
                logger.warning("cannot \(action) yet: \(error); tries again in \(HumanUnits.seconds(pause)) s")
            }
            try await Task.sleep(for: pause * Double.random(in: 0.75...1.25))
            pause = min(pause * 2, Self.maximumPause)
        }
    }
}

/// Runs work on the checkpoint; its errors become the module's.
@discardableResult
func withCheckpoint<Result: Sendable>(
    _ work: () async throws(CheckpointStore.Failure) -> Result
) async throws(ReplicationError) -> Result {
    do {
        return try await work()
    } catch {
        throw ReplicationError(error)
    }
}

extension ReplicationError {
    static let replaced = ReplicationError(
        .replaced,
        "another process has taken over this slot and lake, so this one ends; run one sluice replicate for each slot"
    )

    init(_ failure: CheckpointStore.Failure) {
        switch failure {
        case .replaced: self = .replaced
        case .unreadable(let reason): self.init(.lake, reason)
        case .store(let error): self.init(error)
        }
    }
}

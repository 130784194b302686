import Foundation
import Glibc
import Lake
public import Logging
public import ObjectStorage
import Telemetry

/// Notes what a run does, from its start to its end.
///
/// A record that cannot be written fails no run: the log says so. `kill -9` leaves none.
public struct RunRecorder: Sendable {
    /// Characters of an error that are kept.
    private static let longestError = 2_000

    private let command: String
    private let mode: String
    private let logger: Logger
    private let started = Date()

    /// Begins a run now.
    ///
    /// - Parameters:
    ///   - command: The command's name: lower case letters.
    ///   - mode: What it is to do, in the words of its options.
    ///   - logger: Told when the record cannot be written.
    public init(command: String, mode: String, logger: Logger) {
        self.command = command
        self.mode = mode
        self.logger = logger
    }

    /// What a run has done.
    public struct Outcome: Sendable {
        /// What it has done, table by table.
        public var tables: [RunRecord.Table] = []
        /// The tables that failed, or differ.
        public var failedTables: [String] = []
        /// Changes that it has brought into the lake.
        public var changes: Int?
        /// What is wrong with no table in particular, in a sentence; nil if nothing is.
        public var problem: String?

        /// Describes a run that has done nothing.
        public init() {}
    }

    /// Ends the run and writes its record; also when the task is cancelled.
    ///
    /// - Parameters:
    ///   - outcome: What it has done.
    ///   - error: Why it failed, if it did; passwords in its text are hidden.
    ///   - store: The lake.
    public func finish(_ outcome: Outcome, error: (any Error)? = nil, in store: any ObjectStore) async {
        let record = RunRecord(
            id: UUID().uuidString.prefix(8).lowercased(),
            command: command,
            mode: mode,
            version: ReleaseVersion.current,
            by: "\(ProcessInfo.processInfo.hostName)-\(getpid())",
            started: started,
            finished: Date(),
            changes: outcome.changes,
            tables: outcome.tables,
            failedTables: outcome.failedTables,
            error: (error.map { "\($0)" } ?? outcome.problem).map { text in
                String(Redaction.redacted(text).prefix(Self.longestError))
            }
        )
        let logger = logger
        // Of its own, as a task that was cancelled could write nothing.
        await Task {
            do {
                try await store.put(record.key, .bytes(try record.encoded()))
            } catch {
                logger.warning("sluice history will not know this run, as its record was not written: \(error)")
            }
        }.value
    }

    /// Does a run's work and writes its record, whether the work succeeds or throws.
    ///
    /// - Parameters:
    ///   - store: The lake.
    ///   - outcome: What the work's result says.
    ///   - work: The work.
    /// - Returns: What the work returns.
    /// - Throws: What the work throws.
    func record<Result: Sendable>(
        in store: any ObjectStore,
        _ outcome: (Result) -> Outcome,
        _ work: () async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await work()
            await finish(outcome(result), in: store)
            return result
        } catch {
            // Where the lake cannot be reached, a record is not worth further minutes of trying.
            let isLakeFailure = (error as? ReplicationError)?.code == .lake
            if !isLakeFailure { await finish(Outcome(), error: error, in: store) }
            throw error
        }
    }
}

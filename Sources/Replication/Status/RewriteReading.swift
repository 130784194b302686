import Foundation
import Lake
import ObjectStorage

/// How far the current rows of a table have taken up its changes, and what they have not.
///
/// Comes from the table's state and from names of files; no changes are read.
struct RewriteReading: Sendable, Equatable {
    /// Tables that are looked at at the same time: enough to hide the store's answer time.
    private static let concurrentReads = 8

    /// The last change that all days have taken up.
    var position: ChangePosition
    /// Files with changes after it.
    var pendingFileCount: Int
    var pendingByteCount: Int
    /// Since when the first of these files has been in the lake; nil if there is none.
    ///
    /// Of a file that changes of a finished date were merged into, the end of that date.
    var pendingSince: Date?
    /// Days that have to be exported again, by their names in ``RewriteState``.
    var repairs: [String]
    /// Why nothing is known of it: its state cannot be read.
    var failure: String?

    /// Describes what was found.
    init(position: ChangePosition, pending files: [ChangeFile] = [], repairs: [String] = [], failure: String? = nil) {
        self.position = position
        self.repairs = repairs
        self.failure = failure
        pendingFileCount = files.count
        pendingByteCount = files.reduce(0) { $0 + $1.object.byteCount }
        pendingSince = files.map(Self.arrival).min()
    }

    private static func arrival(of file: ChangeFile) -> Date {
        let written = Date(timeIntervalSince1970: Double(file.object.modified))
        let end = Date(timeIntervalSince1970: (Double(file.name.day.daysSinceEpoch) + 1) * 86_400)
        return min(written, end)
    }

    /// Looks at the tables that are loaded.
    ///
    /// - Returns: What was found, by the table's name in the lake.
    /// - Throws: ``ReplicationError`` if the lake cannot be asked.
    static func read(
        _ checkpoint: Checkpoint,
        slot: String,
        in store: any ObjectStore
    ) async throws -> [String: RewriteReading] {
        let names = checkpoint.tables.filter { $0.loaded != nil }.map(\.name)
        return try await withThrowingTaskGroup(of: (String, RewriteReading).self) { group in
            var readings: [String: RewriteReading] = [:]
            for (index, name) in names.enumerated() {
                if index >= concurrentReads, let (name, reading) = try await group.next() { readings[name] = reading }
                group.addTask { (name, try await read(name, checkpoint, slot, store)) }
            }
            for try await (name, reading) in group { readings[name] = reading }
            return readings
        }
    }

    private static func read(
        _ table: String,
        _ checkpoint: Checkpoint,
        _ slot: String,
        _ store: any ObjectStore
    ) async throws -> RewriteReading {
        let state: RewriteState
        do {
            state = try await RewriteStateStore(store: store, slot: slot, table: table, owner: "").load()
        } catch {
            // The other tables have states of their own.
            guard case .unreadable(let reason) = error else { throw ReplicationError(error) }
            return RewriteReading(position: .start, failure: reason)
        }
        let files = try await ChangeFiles(store: store, checkpoint: checkpoint)
            .list(of: table, after: state.position, since: state.firstDayOfChanges(checkpoint))
        return RewriteReading(position: state.position, pending: files, repairs: state.repairs)
    }
}

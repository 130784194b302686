import Lake
import Synchronization

/// The registry of a stream, shared by its thread and the one that looks for new tables: names are given in one place.
final class TableDirectory: Sendable {
    private let state: Mutex<TableRegistry>

    /// Begins with what is known.
    init(_ registry: TableRegistry) {
        state = Mutex(registry)
    }

    /// What is known now.
    var registry: TableRegistry { state.withLock { $0 } }

    /// The entry of a table.
    func entry(oid: UInt32) -> Checkpoint.Table? { state.withLock { $0.entry(oid: oid) } }

    /// Whether the stream carries the table, or did until it was dropped.
    func isKnown(oid: UInt32) -> Bool { state.withLock { $0.isKnown(oid: oid) } }

    /// Finds or makes the entry of a table, see ``TableRegistry/register(_:as:isAlive:)``.
    func register(_ table: PublishedTable, as wanted: String, isAlive: (UInt32) -> Bool) -> Checkpoint.Table {
        state.withLock { $0.register(table, as: wanted, isAlive: isAlive) }
    }

    /// Forgets that tables were loaded: changes of theirs are missing from here on.
    func unload(_ oids: Set<UInt32>) {
        state.withLock { $0.unload(oids) }
    }
}

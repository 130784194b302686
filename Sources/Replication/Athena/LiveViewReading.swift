import Columnar
import Lake
import ObjectStorage
import Parquet
import PostgresWire
import Synchronization

/// What the lake says of a table.
///
/// Blocks the calling thread.
struct LiveViewReading: Sendable {
    /// Days' objects that are looked at for the snapshot of a table's load.
    private static let maximumFooterCount = 256
    /// Footers read at the same time: enough to hide the store's answer time.
    private static let concurrentReads = 8

    var store: any ObjectStore
    var checkpoint: Checkpoint
    var table: Checkpoint.Table
    var state: RewriteState
    /// The columns that it has ever had.
    var columns: [SchemaRegistry.Column]
    /// Ends what is waited for.
    var control: RunControl?

    private var readers: DayReaders { DayReaders(store: store) }

    /// What comes of it.
    enum Finding: Sendable {
        /// Nothing is known of the table.
        case nothing
        /// No view would be right now, and why: the rest of a sentence about the table.
        case obstacle(String)
        case view(LiveView)
    }

    /// The view, or why there is none.
    ///
    /// - Parameter keepsDeleted: Whether rows that are deleted stay.
    /// - Returns: One of them.
    /// - Throws: ``ReplicationError`` if the lake cannot be read.
    func find(keepsDeleted: Bool) throws -> Finding {
        let days = try days()
        let files = try changeFiles()
        guard let (description, fields) = try files.last.map(changes) ?? days.first.map(rows) else { return .nothing }
        let known = Dictionary(columns.map { (Array($0.name.utf8), $0.type) }) { first, _ in first }
        var all = fields.map { field in
            LiveView.Column(name: field.name, type: known[Array(field.name.utf8)] ?? field.type)
        }
        let names = Set(all.map { Array($0.name.utf8) })
        all += columns.filter { !names.contains(Array($0.name.utf8)) }
            .map { LiveView.Column(name: $0.name, type: $0.type) }
        let view = LiveView(
            of: description,
            columns: all,
            name: table.name,
            position: position,
            export: try export(days),
            firstDay: state.firstDayOfChanges(checkpoint),
            keepsDeleted: keepsDeleted
        )
        let pending = files.filter { $0.end > position }
        if let obstacle = try obstacle(pending, view, fields) { return .obstacle(obstacle) }
        return .view(view)
    }

    /// Nothing of a former life of the slot is pending.
    private var position: ChangePosition {
        max(state.position, checkpoint.source.slotCreated.map { ChangePosition(before: $0) } ?? .start)
    }

    /// The files of changes that may matter, in the order of their changes.
    private func changeFiles() throws -> [ChangeFile] {
        let files = ChangeFiles(store: store, checkpoint: checkpoint)
        let (name, day) = (table.name, state.firstDayOfChanges(checkpoint))
        return try waitForResult(cancelledBy: control) { try await files.list(of: name, after: .start, since: day) }
    }

    /// What a file of changes says.
    private func changes(in file: ChangeFile) throws -> (TableDescription, [LiveView.Column]) {
        let reader = try readers.open(file.object)
        let schema = try ChangeFileSchema(key: file.object.key, reader)
        return (
            try description(reader, file.object.key),
            schema.columns.map { LiveView.Column(name: $0.name, type: $0.type.parquetText) }
        )
    }

    /// What a day's object says.
    private func rows(of object: ObjectInfo) throws -> (TableDescription, [LiveView.Column]) {
        let reader = try readers.open(object)
        return (
            try description(reader, object.key),
            RowLayout(dayFile: reader.schema).columns.map {
                LiveView.Column(name: $0.name, type: $0.type.parquetText)
            }
        )
    }

    private func description(_ reader: ParquetFileReader, _ key: String) throws -> TableDescription {
        let pairs = reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") }
        guard let description = TableDescription(keyValues: pairs) else {
            throw ReplicationError(
                .lake,
                "\(store.location)/\(key) does not describe its table: it was not written by sluice, or by a release that "
                    + "did not do so; export the table again with sluice backfill"
            )
        }
        return description
    }

    /// The first objects of the table's days.
    private func days() throws -> [ObjectInfo] {
        let (store, table) = (store, table.name)
        return try waitForResult(cancelledBy: control) {
            var objects: [ObjectInfo] = []
            do {
                for try await object in store.list(prefix: table + "/")
                where LakeLayout.isCurrentRows(object.key, of: table) {
                    objects.append(object)
                    if objects.count == Self.maximumFooterCount { break }
                }
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
            return objects
        }
    }

    /// The snapshot of the load, as far as days are left that changes have not gone beyond.
    private func export(_ days: [ObjectInfo]) throws -> LiveView.Export? {
        for object in days {
            guard !(control?.isCancelled ?? false) else { throw ReplicationError.cancelled }
            let reader = try readers.open(object)
            guard let snapshot = DayProgress(reader)?.snapshot, snapshot.text == table.loaded
            else {
                continue
            }
            return LiveView.Export(snapshot: snapshot.transactions, lsn: snapshot.lsn)
        }
        return nil
    }

    // MARK: - Obstacles

    /// Why no view is right now.
    private func obstacle(_ pending: [ChangeFile], _ view: LiveView, _ fields: [LiveView.Column]) throws -> String? {
        guard !pending.isEmpty else { return nil }
        let remedy = "run sluice rewrite, then print it again"
        for (description, columns) in try descriptions(of: pending) {
            if Self.names(description.key) != Self.names(view.table.key) {
                return
                    "changes are pending that name rows by \(Self.text(description.key)), while later ones name them by "
                    + "\(Self.text(view.table.key)): \(remedy)"
            }
            guard view.table.key.isEmpty else { continue }
            if description.identity != view.table.identity {
                return "changes are pending from before its replica identity changed: \(remedy)"
            }
            if !view.outlivesRewriting, columns != fields {
                return
                    "changes are pending from before its columns changed, by which its rows are told apart: \(remedy)"
            }
        }
        guard view.table.key.isEmpty else { return nil }
        // Rows do not say which changes they hold, so all days have to hold the same.
        if !view.outlivesRewriting, position.sequence != ChangePosition.wholeTransaction {
            return "it has no key and has taken up a part of a transaction: \(remedy)"
        }
        for file in try DayCatalog(readers, table: table.name).refresh() where isAhead(file) {
            return "it has no key, and \(file.info.key) has taken up changes that other days have not: \(remedy)"
        }
        return nil
    }

    /// Whether a day holds changes that the view takes for pending.
    private func isAhead(_ file: DayFile) -> Bool {
        if file.additions != nil || file.progress.applied > position { return true }
        guard let snapshot = file.progress.snapshot else { return false }
        return snapshot.text != table.loaded && snapshot.lsn > position.lsn
    }

    private func descriptions(of files: [ChangeFile]) throws -> [(TableDescription, [LiveView.Column])] {
        let found = Descriptions(count: files.count)
        concurrently(files.count, width: Self.concurrentReads) { [control] index in
            guard !(control?.isCancelled ?? false) else { return }
            let result = Result { try changes(in: files[index]) }
            found.results.withLock { $0[index] = result }
        }
        guard !(control?.isCancelled ?? false) else { throw ReplicationError.cancelled }
        return try found.results.withLock { $0 }.compactMap { try $0?.get() }
    }

    /// What several threads have read.
    private final class Descriptions: Sendable {
        let results: Mutex<[Result<(TableDescription, [LiveView.Column]), any Error>?]>

        init(count: Int) {
            results = Mutex(Array(repeating: nil, count: count))
        }
    }

    private static func names(_ key: [String]) -> Set<[UInt8]> { Set(key.map { Array($0.utf8) }) }

    private static func text(_ key: [String]) -> String {
        key.isEmpty ? "all of their values" : key.joined(separator: ", ")
    }
}

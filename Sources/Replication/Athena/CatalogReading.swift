import Columnar
import Ingest
import Lake
import ObjectStorage
import Parquet
import PostgresWire
import Synchronization

/// What the lake says of its tables, for the catalog.
///
/// Blocks the calling thread.
struct CatalogReading: Sendable {
    /// Files of a table whose footers are looked at: enough for all days of some months.
    private static let greatestFooterLimit = 256
    /// Those that do where the stream's own registry knows the columns.
    private static let smallFooterLimit = 32
    /// Footers read at the same time: enough to hide the store's answer time.
    private static let concurrentReads = 8

    let store: any ObjectStore
    let slot: String
    /// What the slot's stream has brought; nil if none has.
    let checkpoint: Checkpoint?
    let schemas: SchemaRegistry
    /// Tables that streams of other slots bring.
    private let foreign: Set<String>
    private let footerLimit: Int
    private let control: RunControl?

    /// Reads the documents of a lake.
    ///
    /// - Throws: ``ReplicationError``.
    init(_ store: any ObjectStore, slot: String, cancelledBy control: RunControl? = nil) throws {
        self.store = store
        self.slot = slot
        self.control = control
        footerLimit = Self.greatestFooterLimit
        (checkpoint, schemas, foreign) = try waitForResult(cancelledBy: control) {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                let others = try await LakeStreams.load(from: store, besides: slot)
                return (
                    try await CheckpointStore(store: store, slot: slot, owner: "").load(),
                    try await SchemaRegistry.load(slot: slot, from: store),
                    Set(others.streams.flatMap { $0.tables.map(\.name) })
                )
            }
        }
    }

    /// Looks with documents that are known.
    init(
        _ store: any ObjectStore,
        slot: String,
        _ checkpoint: Checkpoint,
        _ schemas: SchemaRegistry,
        cancelledBy control: RunControl
    ) {
        self.store = store
        self.slot = slot
        self.control = control
        self.checkpoint = checkpoint
        self.schemas = schemas
        foreign = []
        footerLimit = Self.smallFooterLimit
    }

    // MARK: - Tables

    /// The names of the slot's tables, and of those that exports alone have brought.
    func names() throws -> [String] {
        var names = Set((checkpoint?.tables ?? []).map(\.name))
        for folder in try folders() where !foreign.contains(folder) && !names.contains(folder) {
            if try hasRows(folder) { names.insert(folder) }
        }
        return names.sorted()
    }

    /// The folders of the lake's root that readers see.
    private func folders() throws -> [String] {
        let store = store
        return try waitForResult(cancelledBy: control) {
            do throws(ObjectStorageError) {
                return try await TableFolders.list(in: store)
            } catch {
                throw ReplicationError(error)
            }
        }
    }

    private func hasRows(_ folder: String) throws -> Bool {
        let store = store
        return try waitForResult(cancelledBy: control) {
            do throws(ObjectStorageError) {
                let page = try await store.list(prefix: folder + "/", after: nil)
                return page.objects.contains { LakeLayout.isCurrentRows($0.key, of: folder) }
            } catch {
                throw ReplicationError(error)
            }
        }
    }

    /// Schema and name of a table in the database, as far as the checkpoint knows it.
    func source(of name: String) -> Checkpoint.Table? { checkpoint?.tables.first { $0.name == name } }

    // MARK: - One table

    /// What was found before, so that only what has come since is looked at.
    struct Memory: Sendable {
        var entry: CatalogEntry
        /// When the newest object of rows was written, by the store's clock.
        var modified: Int64
    }

    /// What the lake has of a table; nil if nothing is known of its columns.
    ///
    /// - Parameters:
    ///   - name: The table's name in the lake.
    ///   - keepsDeleted: Whether rows that are deleted stay.
    ///   - memory: What was found before.
    /// - Returns: What there is.
    /// - Throws: ``ReplicationError`` if the lake cannot be read.
    func entry(of name: String, keepsDeleted: Bool, since memory: Memory? = nil) throws -> Memory? {
        let rows = try objects(in: name + "/") { LakeLayout.isCurrentRows($0, of: name) }
        let folder = ChangeFileName.folder(of: name)
        let changes = try objects(in: folder + "/", from: memory?.entry.changeDays.last, of: name) {
            ChangeFileName(key: $0)?.table == name
        }
        let newRows = rows.filter { $0.modified >= memory?.modified ?? .min }
        let rowFooters = try footers(sample(newRows)) { Footer(rows: $0) }
        let changeFooters = try footers(sample(changes)) { Footer(changes: $0) }
        let registered = schemas.tables[name] ?? []
        let described = (changeFooters.first ?? rowFooters.first)?.description
        guard
            var entry = memory?.entry ?? described.map({ CatalogEntry(name: name, description: $0) })
                ?? undescribed(name)
        else { return nil }
        if let described { entry.description = described }
        var (rowColumns, changeColumns) = (Columns(), Columns())
        for footer in rowFooters {
            rowColumns.add(footer.columns)
            entry.hasDeleted = entry.hasDeleted || footer.hasDeleted
            entry.hasRescued = entry.hasRescued || footer.hasRescued
        }
        for footer in changeFooters { changeColumns.add(footer.columns) }
        rowColumns.add(entry.rowColumns)
        changeColumns.add(entry.changeColumns)
        let known = registered.map { LiveView.Column(name: $0.name, type: $0.type) }
        changeColumns.add(known)
        // Columns that rows do not have yet have the type of the changes; what rows have is as wide as their files are.
        rowColumns.addNames(of: changeColumns.list)
        changeColumns.addNames(of: rowColumns.list)
        entry.rowColumns = rowColumns.list
        entry.changeColumns = changeColumns.list
        entry.hasDeleted = entry.hasDeleted || keepsDeleted
        entry.hasChanges =
            entry.hasChanges || checkpoint?.tables.contains { $0.name == name } ?? false || !changes.isEmpty
        entry.days = rows.compactMap { LakeLayout.day(ofKey: $0.key) }.sorted()
        let changeDays = Set(changes.compactMap { ChangeFileName(key: $0.key)?.day } + entry.changeDays)
        entry.changeDays = changeDays.sorted()
        if !rows.isEmpty { entry.hasDays = !entry.days.isEmpty }
        guard !entry.rowColumns.isEmpty else { return nil }
        return Memory(entry: entry, modified: max(memory?.modified ?? .min, rows.map(\.modified).max() ?? .min))
    }

    /// A table without files, as the stream has described it.
    private func undescribed(_ name: String) -> CatalogEntry? {
        guard let source = source(of: name), schemas.tables[name] != nil else { return nil }
        let description = TableDescription(table: "\(source.schema).\(source.table)", columns: [], key: [])
        var entry = CatalogEntry(name: name, description: description)
        entry.hasDays = schemas.shape(of: name)?.partition != nil
        return entry
    }

    /// What the lake says for the live view of a table.
    func liveView(of table: Checkpoint.Table, _ checkpoint: Checkpoint, keepsDeleted: Bool) throws
        -> LiveViewReading.Finding
    {
        let (store, slot) = (store, slot)
        let state = try waitForResult(cancelledBy: control) {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await RewriteStateStore(store: store, slot: slot, table: table.name, owner: "").load()
            }
        }
        return try LiveViewReading(
            store: store,
            checkpoint: checkpoint,
            table: table,
            state: state,
            columns: schemas.tables[table.name] ?? [],
            control: control
        ).find(keepsDeleted: keepsDeleted)
    }

    // MARK: - Objects

    private func objects(
        in folder: String,
        from day: CalendarDate? = nil,
        of table: String = "",
        where isWanted: @Sendable @escaping (String) -> Bool
    ) throws -> [ObjectInfo] {
        let store = store
        // Commits at midnight may come one day earlier than one before them.
        let start = day.map { ChangeFileName.folder(of: table, day: $0.advanced(by: -1)) }
        return try waitForResult(cancelledBy: control) {
            var objects: [ObjectInfo] = []
            do {
                let listing = start.map { store.list(prefix: folder, startingAfter: $0) } ?? store.list(prefix: folder)
                for try await object in listing where isWanted(object.key) { objects.append(object) }
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
            return objects
        }
    }

    /// Of many objects the newest, and others at even distances, the newest first.
    private func sample(_ objects: [ObjectInfo]) -> [ObjectInfo] {
        let ordered = objects.sorted { ($0.modified, $0.key) > ($1.modified, $1.key) }
        guard ordered.count > footerLimit else { return ordered }
        let rest = ordered.dropFirst(footerLimit / 2)
        let places = (0..<footerLimit / 2).map { rest.startIndex + $0 * rest.count / (footerLimit / 2) }
        return ordered.prefix(footerLimit / 2) + places.map { rest[$0] }
    }

    /// What the footers of objects say; what is gone since or damaged is passed over, as long as something is left.
    private func footers(
        _ objects: [ObjectInfo],
        _ take: @Sendable @escaping (ParquetFileReader) -> Footer
    ) throws -> [Footer] {
        let found = Found(count: objects.count)
        let readers = DayReaders(store: store)
        concurrently(objects.count, width: Self.concurrentReads) { [control] index in
            guard !(control?.isCancelled ?? false) else { return }
            let result = Result<Footer, ReplicationError> { () throws(ReplicationError) in
                take(try readers.open(objects[index]))
            }
            readers.forget(objects[index].key)
            found.results.withLock { $0[index] = result }
        }
        guard !(control?.isCancelled ?? false) else { throw ReplicationError.cancelled }
        let results = found.results.withLock { $0 }.compactMap { $0 }
        let footers = results.compactMap { try? $0.get() }
        if footers.isEmpty, let first = results.first { _ = try first.get() }
        return footers
    }

    /// What several threads have read.
    private final class Found: Sendable {
        let results: Mutex<[Result<Footer, ReplicationError>?]>

        init(count: Int) {
            results = Mutex(Array(repeating: nil, count: count))
        }
    }
}

/// What the footer of a file says of columns.
private struct Footer: Sendable {
    var columns: [LiveView.Column]
    var hasDeleted = false
    var hasRescued = false
    var description: TableDescription?

    /// Of a file of rows.
    init(rows reader: ParquetFileReader) {
        let layout = RowLayout(dayFile: reader.schema)
        columns = layout.columns.map { LiveView.Column(name: $0.name, type: $0.type.parquetText) }
        let own = reader.schema.fields.dropFirst(layout.columns.count).map(\.name)
        hasDeleted = own.contains(RowLayout.deleted)
        hasRescued = own.contains(RowLayout.rescued)
        description = Self.description(reader)
    }

    /// Of a file of changes.
    init(changes reader: ParquetFileReader) {
        let fixed = Set(ChangeSchema.changeFields.map(\.name))
        columns = reader.schema.fields.filter { !fixed.contains($0.name) }
            .map { LiveView.Column(name: $0.name, type: $0.type.parquetText) }
        description = Self.description(reader)
    }

    private static func description(_ reader: ParquetFileReader) -> TableDescription? {
        TableDescription(keyValues: reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") })
    }
}

/// The columns of several files: each once, with the widest type that it has in any.
private struct Columns {
    private(set) var list: [LiveView.Column] = []

    /// Takes in the columns of a file; the first ones' order stays.
    mutating func add(_ columns: [LiveView.Column]) {
        for column in columns {
            guard let index = list.firstIndex(where: { $0.name.isSameName(as: column.name) }) else {
                list.append(column)
                continue
            }
            if ColumnType.widens(list[index].type, to: column.type) { list[index].type = column.type }
        }
    }

    /// Takes in columns that no file has.
    mutating func addNames(of columns: [LiveView.Column]) {
        for column in columns where !list.contains(where: { $0.name.isSameName(as: column.name) }) {
            list.append(column)
        }
    }
}

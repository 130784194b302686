import Bytes
import Columnar
import Ingest
import Lake
import ObjectStorage
import Parquet
import PostgresWire
import TestSupport
import Testing

@testable import Replication

/// A change as tests write it down; the column `id` has the sequence number unless told otherwise.
struct TestChange: Equatable, Sendable {
    var lsn: UInt64
    var sequence: Int64
    var operation = UInt8(ascii: "I")
    var note: String?
    var unchanged: [String] = []
    var oldKey: String?
    var rescued: String?

    init(
        _ lsn: UInt64,
        _ sequence: Int64,
        _ operation: Character = "I",
        note: String? = nil,
        unchanged: [String] = [],
        oldKey: String? = nil,
        rescued: String? = nil
    ) {
        (self.lsn, self.sequence, self.note) = (lsn, sequence, note)
        self.operation = operation.asciiValue ?? 0
        (self.unchanged, self.oldKey, self.rescued) = (unchanged, oldKey, rescued)
    }

    var position: ChangePosition { ChangePosition(lsn: LSN(rawValue: lsn), sequence: sequence) }
}

/// A lake with files of changes of the table `t`.
struct ChangeLake: Sendable {
    static let day = CalendarDate(daysSinceEpoch: 20_779)
    static let columns = [
        Field(name: "id", type: .leaf(.int64, nil)), Field(name: "note", type: .leaf(.byteArray, .string)),
    ]

    let folder: TemporaryFolder
    let store: any ObjectStore

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalFolderStore(path: folder.path)
    }

    /// Writes a file of changes under the name that they give it, or another.
    @discardableResult
    func write(
        _ changes: [TestChange],
        generation: Int = 1,
        part: Int = 1,
        columns: [Field] = Self.columns,
        rowGroupRowCount: Int = 100,
        as name: ChangeFileName? = nil
    ) async throws -> ChangeFile {
        let name =
            name
            ?? ChangeFileName(
                table: "t",
                day: Self.day,
                first: LSN(rawValue: changes.map(\.lsn).min() ?? 1),
                last: LSN(rawValue: changes.map(\.lsn).max() ?? 1),
                generation: generation,
                part: part
            )
        try await store.put(name.key, .bytes(try Self.file(changes, columns, rowGroupRowCount)))
        return ChangeFile(name: name, object: try #require(try await store.head(name.key)))
    }

    static func file(
        _ changes: [TestChange],
        _ columns: [Field] = Self.columns,
        _ rowGroupRowCount: Int = 100,
        leavingOut names: Set<String> = []
    ) throws -> [UInt8] {
        let fields = (ChangeSchema.changeFields + columns).filter { !names.contains($0.name) }
        var options = WriterOptions()
        options.rowGroupRowCount = rowGroupRowCount
        options.pageRowCount = 20
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(
            schema: TableSchema(fields: fields),
            options: options,
            keyValueMetadata: [
                (key: "sluice.key", value: "[\"id\"]"), (key: "sluice.table", value: "public.t"),
                (key: "sluice.columns", value: #"[{"key":true,"name":"id","type":"bigint"}]"#),
            ],
            to: sink
        )
        for change in changes {
            let batch = RowBatch(schema: TableSchema(fields: fields))
            for (field, column) in zip(fields, batch.columns) { append(change, to: column, named: field.name) }
            try writer.append(batch)
        }
        try writer.finish()
        return sink.bytes
    }

    private static func append(_ change: TestChange, to column: Column, named name: String) {
        switch name {
        case "_op": column.append(binary: [change.operation])
        case "_lsn": column.append(Int64(change.lsn))
        case "_seq", "id": column.append(change.sequence)
        case "_xid": column.append(Int64(change.lsn % 1_000))
        case "_committed_at": column.append(Int64(change.lsn * 7))
        case "_unchanged":
            guard !change.unchanged.isEmpty else { return column.appendNulls(1) }
            column.append(entryCount: change.unchanged.count)
            for name in change.unchanged { column.children[0].append(name) }
        case "_old_key": append(change.oldKey, to: column)
        case "_rescued": append(change.rescued, to: column)
        case "note": append(change.note, to: column)
        default: column.appendNulls(1)
        }
    }

    private static func append(_ text: String?, to column: Column) {
        if let text { column.append(text) } else { column.appendNulls(1) }
    }

    /// The files that a checkpoint at a position vouches for.
    func files(position: UInt64 = 1 << 40) async throws -> [ChangeFile] {
        try await ChangeFiles(store: store, checkpoint: Self.checkpoint(position: position)).list(
            of: "t",
            after: .start
        )
    }

    /// A checkpoint of a slot that has begun once.
    static func checkpoint(position: UInt64, former: Int? = nil) -> Checkpoint {
        let source = Checkpoint.Source(system: "1", timeline: 1, database: "d", slot: "s", slotCreated: nil)
        var checkpoint = Checkpoint(
            source: source,
            position: LSN(rawValue: 0),
            updated: "",
            formerGenerations: former
        )
        checkpoint.begin(owner: "a", started: "")
        checkpoint.position = LSN(rawValue: position)
        return checkpoint
    }

    /// Reads all changes of files, and how they came in batches.
    func read(
        _ files: [ChangeFile],
        after: ChangePosition = .start,
        through: ChangePosition = ChangePosition(lsn: LSN(rawValue: .max)),
        maximumByteCount: Int = 1 << 30,
        seenBy snapshot: TransactionSnapshot? = nil
    ) async throws -> (changes: [TestChange], batches: [(file: String, byteCount: Int)]) {
        let store = store
        return try await onOwnThread("test") {
            let source = ChangeSource(files: files, in: store, after: after, through: through, seenBy: snapshot)
            var changes: [TestChange] = []
            var batches: [(file: String, byteCount: Int)] = []
            while let batch = try source.next(maximumByteCount: maximumByteCount) {
                batches.append((batch.file.key, batch.byteCount))
                changes += Self.changes(of: batch)
            }
            return (changes, batches)
        }
    }

    static func changes(of batch: ChangeBatch) -> [TestChange] {
        let rescued = batch.rescued.texts
        let notes = batch.file.columnIndex(named: Array("note".utf8)).map { batch.columns[$0].texts }
        return (0..<batch.rowCount).map { row in
            var change = TestChange(
                UInt64(batch.lsns[row]),
                batch.sequences[row],
                Character(Unicode.Scalar(batch.operations[row])),
                note: notes.flatMap { $0[row] },
                unchanged: (batch.unchanged[row] ?? []).map { batch.file.columns[$0].name },
                oldKey: batch.oldKeys[row].map { String(decoding: $0, as: UTF8.self) },
                rescued: rescued[row]
            )
            if batch.xids[row] != UInt32(change.lsn % 1_000) || batch.committedAt[row] != Int64(change.lsn * 7) {
                change.note = "another transaction's stamp"
            }
            return change
        }
    }
}

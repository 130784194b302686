import Columnar
import Ingest
import Lake
import Logging
import ObjectStorage
import Parquet
import PostgresWire
import TestSupport
import Testing

@testable import Replication

/// A lake with the table `t` of days, of which every request is counted.
struct DayLake: Sendable {
    /// A row and what happens to it.
    struct Change {
        var operation: Character
        var id: Int64
        /// Days since 1970-01-01.
        var day: Int32
        var note: String
    }

    private static let columns = [
        Field(name: "id", type: .leaf(.int64, nil)), Field(name: "day", type: .leaf(.int32, .date)),
        Field(name: "note", type: .leaf(.byteArray, .string)),
    ]
    static let firstDay: Int32 = 20_000

    let folder: TemporaryFolder
    let store: MeteredObjectStore
    /// The bytes of a row group before compression.
    let rowGroupSize: Int

    init(rowGroupSize: Int = ParquetOptions.defaultRowGroupSize) throws {
        folder = try TemporaryFolder()
        store = MeteredObjectStore(try LocalFolderStore(path: folder.path))
        self.rowGroupSize = rowGroupSize
    }

    /// Writes a file of changes, all of one transaction.
    func write(_ changes: [Change], lsn: UInt64) async throws {
        let schema = TableSchema(fields: ChangeSchema.changeFields + Self.columns)
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(
            schema: schema,
            options: WriterOptions(),
            keyValueMetadata: [
                (key: "sluice.key", value: "[\"id\"]"), (key: "sluice.table", value: "public.t"),
                (key: "sluice.identity", value: "default"),
                (key: "sluice.partition", value: #"{"column":"day","time_zone":"UTC"}"#),
                (
                    key: "sluice.columns",
                    value: #"[{"key":true,"name":"id","type":"bigint"},{"key":false,"name":"day","type":"date"},"#
                        + #"{"key":false,"name":"note","type":"text"}]"#
                ),
            ],
            to: sink
        )
        let batch = RowBatch(schema: schema)
        for (sequence, change) in changes.enumerated() {
            for (field, column) in zip(schema.fields, batch.columns) {
                switch field.name {
                case "_op": column.append(String(change.operation))
                case "_lsn": column.append(Int64(lsn))
                case "_seq": column.append(Int64(sequence))
                case "_xid": column.append(Int64(lsn))
                case "_committed_at": column.append(Int64(lsn))
                case "id": column.append(change.id)
                // A key is all that comes of a row that is gone.
                case "day" where change.operation != "D": column.append(change.day)
                case "note" where change.operation != "D": column.append(change.note)
                default: column.appendNulls(1)
                }
            }
        }
        try writer.append(batch)
        try writer.finish()
        let position = LSN(rawValue: lsn)
        let day = CalendarDate(daysSinceEpoch: Self.firstDay)
        let name = ChangeFileName(table: "t", day: day, first: position, last: position, generation: 1, part: 1)
        try await store.put(name.key, .bytes(sink.bytes))
    }

    /// What a run came to.
    struct Run: Sendable {
        var summary: TableRewriter.Summary
        var usage: ObjectStoreUsage
    }

    /// Takes up all changes up to a transaction, as a process that has just been started.
    func rewrite(
        through lsn: UInt64,
        control: RunControl = RunControl(),
        store: (any ObjectStore)? = nil
    ) async throws -> Run {
        let (folder, rowGroupSize, own) = (folder.path, rowGroupSize, store ?? self.store)
        let before = self.store.usage
        let summary = try await onOwnThread("test") {
            let rewriter = TableRewriter(
                TableRewriter.Place(store: own, slot: "s", table: "t", owner: "a", folder: folder),
                settings: RewriteSettings(
                    parquet: ParquetOptions(compression: .none, rowGroupSize: rowGroupSize),
                    keepsDeleted: false,
                    memoryLimit: 64 << 20
                ),
                logger: Logger(label: "test"),
                control: control
            )
            return try rewriter.run(ChangeLake.checkpoint(position: lsn + 1))
        }
        var usage = self.store.usage
        usage.headCount -= before.headCount
        usage.getCount -= before.getCount
        usage.putCount -= before.putCount
        usage.replacementCount -= before.replacementCount
        usage.listCount -= before.listCount
        usage.deleteCount -= before.deleteCount
        usage.readByteCount -= before.readByteCount
        usage.writtenByteCount -= before.writtenByteCount
        usage.copiedByteCount -= before.copiedByteCount
        return Run(summary: summary, usage: usage)
    }

    /// The footer of a day's object.
    func reader(day: Int32) async throws -> ParquetFileReader {
        let key = LakeLayout.key(table: "t", day: CalendarDate(daysSinceEpoch: day))
        return try ParquetFileReader(MemoryByteSource(try await store.get(key, range: nil, version: nil)))
    }
}

extension ObjectStoreUsage {
    /// Requests of all kinds; a replacement counts once, however many a server takes for it.
    var requestCount: Int {
        headCount + getCount + putCount + replacementCount + listCount + deleteCount
    }
}

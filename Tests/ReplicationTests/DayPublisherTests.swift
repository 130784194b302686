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

@Suite
struct DayPublisherTests {
    private let folder: TemporaryFolder
    private let store: LocalFolderStore
    private let publisher: DayPublisher

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalFolderStore(path: folder.path)
        publisher = DayPublisher(
            store: store,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            folder: folder.path
        )
    }

    private static let first = CalendarDate(daysSinceEpoch: 20_000)

    private func key(_ offset: Int32) -> String {
        LakeLayout.key(table: "invoices", day: Self.first.advanced(by: offset))
    }

    private func plan(isStreamed: Bool, days: ClosedRange<Int32>? = nil, hasDays: Bool = true) -> TablePlan {
        let schema = TableSchema(fields: [Field(name: "id", type: .leaf(.int64, nil))])
        let description = TableDescription(
            table: "public.invoices",
            columns: [.init(name: "id", type: "bigint", key: true)],
            key: ["id"]
        )
        return TablePlan(
            oid: 7,
            displayName: "invoices",
            lakeName: "invoices",
            isStreamed: isStreamed,
            schema: schema,
            cells: [],
            routing: hasDays ? (kind: .date, column: 0) : nil,
            parts: [],
            days: days.map { Self.first.advanced(by: $0.lowerBound)...Self.first.advanced(by: $0.upperBound) },
            estimatedRowCount: 0,
            writerOptions: WriterOptions(),
            metadata: description.footerEntries + [(key: "sluice.snapshot", value: "5:7:6")]
        )
    }

    private func keys() async throws -> Set<String> {
        var keys: Set<String> = []
        for try await object in store.list(prefix: "invoices/") { keys.insert(object.key) }
        return keys
    }

    private func put(_ keys: [String]) async throws {
        for key in keys { try await store.put(key, .bytes(Array("former".utf8))) }
    }

    @Test
    func `days that lost their rows go away where no stream brings changes`() async throws {
        try await put([key(0), key(1), "invoices/other.parquet"])
        let outcome = try await publisher.publish([:], of: plan(isStreamed: false))
        #expect(outcome.removedFileCount == 2 && outcome.emptiedFileCount == 0)
        #expect(try await keys() == ["invoices/other.parquet"])
    }

    @Test
    func `under a stream they become files without rows, which say what snapshot has seen none`() async throws {
        // More than are written at a time.
        try await put((0..<20).map { key($0) })
        let outcome = try await publisher.publish([:], of: plan(isStreamed: true))
        #expect(outcome.emptiedFileCount == 20 && outcome.removedFileCount == 0 && outcome.rowCount == 0)
        #expect(try await keys() == Set((0..<20).map { key($0) }))
        let reader = try ParquetFileReader(try FileByteSource(path: "\(folder.path)/\(key(3))"))
        #expect(reader.rowGroupCount == 0 && reader.leaves.map(\.path) == [["id"]])
        let entries = reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") }
        #expect(TableDescription(keyValues: entries)?.key == ["id"])
        #expect(entries.contains { $0.key == "sluice.snapshot" && $0.value == "5:7:6" })
    }

    @Test
    func `of a period only days that have an object become such files`() async throws {
        try await put([key(0), key(2), key(5)])
        let outcome = try await publisher.publish([:], of: plan(isStreamed: true, days: 1...4))
        #expect(outcome.emptiedFileCount == 1)
        #expect(try await keys() == [key(0), key(2), key(5)])
        #expect(try await store.get(key(0)) == Array("former".utf8))
        #expect(try await store.get(key(2)).prefix(4) == FileFooter.magic[...])
    }

    @Test
    func `nothing is published that was read before a stream of the table has begun`() async throws {
        try await put([key(0)])
        let checkpoints = CheckpointStore(store: store, slot: "sluice", owner: "a")
        let source = Checkpoint.Source(system: "7", timeline: 1, database: "d", slot: "sluice", slotCreated: nil)
        _ = try await checkpoints.takeOver(source: source, position: LSN(rawValue: 1), time: "now")
        func name(_ tables: [Checkpoint.Table]) async throws {
            try await checkpoints.update { checkpoint throws(CheckpointStore.Failure) in
                guard var checkpoint else { throw .replaced }
                checkpoint.tables = tables
                return checkpoint
            }
        }
        let other = Checkpoint.Table(name: "users", oid: 8, schema: "public", table: "users")
        let table = Checkpoint.Table(name: "invoices", oid: 7, schema: "public", table: "invoices")
        try await name([other, table])
        let error = await #expect(throws: ReplicationError.self) {
            try await publisher.publish([:], of: plan(isStreamed: false))
        }
        // A new snapshot, and a new look, will do.
        #expect(error?.isTransient == true)
        #expect(try await keys() == [key(0)])
        #expect(try await publisher.publish([:], of: plan(isStreamed: true)).emptiedFileCount == 1)
        try await name([other])
        #expect(try await publisher.publish([:], of: plan(isStreamed: false)).removedFileCount == 1)
    }

    @Test
    func `an object of a table that had no days, or has them no longer, goes away in any case`() async throws {
        let whole = LakeLayout.key(table: "invoices", day: nil)
        try await put([whole, key(0)])
        _ = try await publisher.publish([:], of: plan(isStreamed: true))
        #expect(try await keys() == [key(0)])
        let outcome = try await publisher.publish([:], of: plan(isStreamed: true, hasDays: false))
        #expect(outcome.removedFileCount == 1)
        #expect(try await keys() == [])
    }

    // MARK: Deleted rows

    private static let keptSchema = TableSchema(fields: [
        Field(name: "id", type: .leaf(.int64, nil)), Field(name: RowLayout.lsn, type: .leaf(.int64, nil)),
        Field(name: RowLayout.deleted, type: .leaf(.boolean, nil)),
    ])

    /// Rows of which some are marked as deleted, each with its key as `_lsn`.
    private func rows(_ ids: Range<Int64>, isDeleted: (Int64) -> Bool) throws -> RowGroupFile {
        let batch = RowBatch(schema: Self.keptSchema)
        for id in ids {
            batch.columns[0].append(id)
            batch.columns[1].append(id)
            batch.columns[2].append(isDeleted(id))
        }
        let writer = try RowGroupWriter(schema: Self.keptSchema, options: WriterOptions())
        try writer.append(batch, scratch: PageScratch())
        var file = RowGroupFile(path: "\(folder.path)/rows-\(ids.upperBound).parquet")
        try file.append(writer, scratch: PageScratch())
        return file
    }

    @Test(arguments: [nil, "sluice"])
    func `deleted rows whose keys an export has not stay, however little memory there is for keys`(
        slot: String?
    ) async throws {
        var plan = plan(isStreamed: slot != nil)
        plan.schema = Self.keptSchema
        plan.keeping = TablePlan.Keeping(key: ["id"], excluded: [], slot: slot)
        let description = plan.metadata.filter { $0.key != "sluice.snapshot" }
        plan.metadata += [(key: "sluice.lsn", value: "0/200")]
        // More rows than are looked at in one go.
        var former = try rows(0..<150_000) { $0 % 2 == 1 }
        let byteCount = former.byteCount
        try former.finish { rowGroups in
            FileFooter.encode(
                schema: Self.keptSchema,
                rowGroups: rowGroups,
                keyValueMetadata: description + [(key: "sluice.lsn", value: "0/100")],
                createdBy: "",
                fileByteCount: byteCount
            )
        }
        try await store.put(key(0), .file(path: former.path))
        var publisher = publisher
        publisher.memoryLimit = 1
        let day = Int(Self.first.daysSinceEpoch)
        let outcome = try await publisher.publish([day: [try rows(0..<1_000) { _ in false }]], of: plan)
        #expect(outcome.rowCount == 1_000 && outcome.fileCount == 1)
        let reader = try ParquetFileReader(try FileByteSource(path: "\(folder.path)/\(key(0))"))
        var deleted: [Int64] = []
        var unconfirmedCount = 0
        for rowGroup in 0..<reader.rowGroupCount {
            let batch = try reader.readRowGroup(rowGroup)
            let marks = ColumnSlots(batch.columns[2])
            let ids = batch.columns[0].withValues(as: Int64.self) { values in values.indices.map { values[$0] } }
            deleted += ids.indices.filter { marks.isTrue(at: $0) }.map { ids[$0] }
            unconfirmedCount += batch.columns[1].validity.nullCount
        }
        // A stream will say how the others went that the export has not.
        #expect(deleted == (1_000..<150_000).filter { slot != nil || $0 % 2 == 1 })
        #expect(unconfirmedCount == (slot == nil ? 0 : 74_500))
        let position = reader.keyValueMetadata.first { $0.key == "sluice.deleted.lsn" }?.value
        #expect(position == (slot == nil ? nil : "0/100"))
    }
}

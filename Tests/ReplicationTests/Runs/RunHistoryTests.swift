import Foundation
import Logging
import ObjectStorage
import TestSupport
import Testing

@testable import Replication

@Suite
struct RunHistoryTests {
    private let folder: TemporaryFolder
    private let store: MeteredObjectStore
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        folder = try TemporaryFolder()
        store = MeteredObjectStore(try ObjectStoreLocation.folder(path: folder.path).open())
    }

    private func moment(_ text: String) throws -> Date { try Date.ISO8601FormatStyle().parse(text) }

    private func record(_ started: String, _ table: String = "t", failed: Bool = false) async throws {
        var done = RunRecord.Table(table)
        done.rows = 1
        let record = RunRecord(
            id: "0",
            command: "backfill",
            mode: "full",
            version: "1",
            started: try moment(started),
            finished: try moment(started),
            tables: failed ? [] : [done],
            failedTables: failed ? [table] : []
        )
        try await store.put(record.key, .bytes(try record.encoded()))
    }

    private func days(_ filter: RunHistory.Filter, today: String = "2026-11-22T12:00:00Z") async throws -> [String] {
        let history = RunHistory(store: store, logger: logger)
        return try await history.records(filter, today: try moment(today)).map { RunRecord.day($0.started) }
    }

    @Test
    func `the newest come first, as many as are wanted`() async throws {
        for day in ["2024-02-29", "2026-01-01", "2026-11-20", "2026-11-22"] { try await record("\(day)T02:00:00Z") }
        #expect(try await days(.init(limit: 3)) == ["2026/11/22", "2026/11/20", "2026/01/01"])
        #expect(try await days(.init(limit: 9)).last == "2024/02/29")
        #expect(try await days(.init(limit: 9)).count == 4)
    }

    @Test
    func `records of the future, by another machine's clock, are there too`() async throws {
        try await record("2026-11-23T02:00:00Z")
        try await record("2026-11-22T02:00:00Z")
        #expect(try await days(.init(limit: 1)) == ["2026/11/23"])
    }

    @Test
    func `a lake without runs has none`() async throws {
        #expect(try await days(.init(limit: 3)) == [])
    }

    @Test
    func `tables and failures are chosen`() async throws {
        try await record("2026-11-20T02:00:00Z", "a")
        try await record("2026-11-21T02:00:00Z", "b", failed: true)
        #expect(try await days(.init(limit: 9, table: "a")) == ["2026/11/20"])
        #expect(try await days(.init(limit: 9, table: "public.a")) == ["2026/11/20"])
        #expect(try await days(.init(limit: 9, table: "billing.a")) == [])
        #expect(try await days(.init(limit: 9, failedOnly: true)) == ["2026/11/21"])
        #expect(try await days(.init(limit: 9, table: "a", failedOnly: true)) == [])
    }

    @Test
    func `damaged and foreign objects are passed over`() async throws {
        try await record("2026-11-20T02:00:00Z")
        try await store.put("_sluice/runs/2026/11/21/020000-backfill-1.json", .bytes(Array("{".utf8)))
        try await store.put("_sluice/runs/2026/11/21/notes.txt", .bytes(Array("x".utf8)))
        try await store.put("_sluice/runs/zzz", .bytes(Array("x".utf8)))
        try await store.put("_sluice/runs/0.txt", .bytes(Array("x".utf8)))
        #expect(try await days(.init(limit: 9)) == ["2026/11/20"])
    }

    @Test
    func `the last days of a long history are all that is listed`() async throws {
        for day in 1...28 {
            for month in 1...12 {
                let date = "2025-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
                try await record("\(date)T02:00:00Z")
            }
        }
        let before = store.usage
        #expect(try await days(.init(limit: 10), today: "2025-12-30T00:00:00Z").count == 10)
        let after = store.usage
        #expect(after.getCount - before.getCount == 10)
        #expect(after.listCount - before.listCount < 20)
    }

    @Test
    func `records of earlier releases are read`() throws {
        let text = """
            { "command" : "backfill", "failedTables" : [ "x" ], "finished" : "2026-11-22T02:00:05Z", "id" : "1f0c9a2e",
              "mode" : "incremental", "started" : "2026-11-22T02:00:00Z", "version" : "0.1.0",
              "tables" : [ { "bytes" : 10, "files" : 1, "rows" : 5, "seconds" : 0.5, "table" : "invoices" } ] }
            """
        let record = try #require(RunRecord(decoding: Array(text.utf8)))
        #expect(record.key == "_sluice/runs/2026/11/22/020000000-backfill-1f0c9a2e.json")
        #expect(RunRecord.isKey(record.key))
        #expect(RunRecord.isKey("_sluice/runs/2026/11/22/020000-backfill-1f0c9a2e.json"))
        #expect(record.tables.first?.rows == 5 && !record.isOK && record.by == nil)
        #expect(RunRecord(decoding: try record.encoded()) == record)
    }

    @Test
    func `a failed run is recorded without passwords`() async throws {
        let recorder = RunRecorder(command: "validate", mode: "deep", logger: logger)
        let error = ReplicationError(.database, "cannot connect to postgresql://u:hunter2@h/d")
        await recorder.finish(.init(), error: error, in: store)
        let history = RunHistory(store: store, logger: logger)
        let record = try #require(try await history.records(.init(limit: 1), today: Date()).first)
        #expect(record.command == "validate" && record.mode == "deep" && record.by != nil)
        #expect(record.error == "cannot connect to postgresql://u:<redacted>@h/d")
    }

    @Test
    func `a record that cannot be written fails nothing`() async throws {
        try folder.write("_sluice", "in the way")
        let recorder = RunRecorder(command: "drop", mode: "slot s", logger: logger)
        let result = try await recorder.record(in: store, { _ in .init() }) { 7 }
        #expect(result == 7)
    }
}

import ObjectStorage
import TestSupport
import Testing

@testable import Replication

@Suite
struct CatalogReadingTests {
    @Test
    func `objects of others in the lake's root are passed by, whatever they are called`() async throws {
        let folder = try TemporaryFolder()
        let store = try LocalFolderStore(path: folder.path)
        let rows = "year=2024/month=05/day=06"
        for key in [
            "0.txt", "backup/~x", "backup/~y/z", "exports/Übersicht.csv", "exports/\u{10FFFD}a", "exports/\u{10FFFF}/b",
            "t/\(rows)/t_20240506.parquet", "t.u/\(rows)/t.u_20240506.parquet", "Ü/x", "~/x",
        ] {
            try await store.put(key, .bytes([0]))
        }
        let names = try await onOwnThread("test") { try CatalogReading(store, slot: "s").names() }
        #expect(names == ["t", "t.u"])
    }

    @Test
    func `a run that is cancelled reads nothing more`() async throws {
        let folder = try TemporaryFolder()
        let control = RunControl()
        let store = CancellingStore(try LocalFolderStore(path: folder.path), control, atRead: 1)
        for number in 10..<30 {
            try await store.put("t/year=2024/month=05/day=\(number)/t_202405\(number).parquet", .bytes([0]))
        }
        control.cancel()
        await #expect(throws: ReplicationError.self) {
            try await onOwnThread("test") {
                _ = try CatalogReading(store, slot: "s", cancelledBy: control)
                    .entry(of: "t", keepsDeleted: false)
            }
        }
        #expect(store.readCount <= 2)
    }
}

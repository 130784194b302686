import Lake
import ObjectStorage
import PostgresWire
import TestSupport
import Testing

@testable import Replication

@Suite
struct TableClaimsTests {
    private let folder: TemporaryFolder
    private let store: LocalFolderStore

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalFolderStore(path: folder.path)
    }

    private func claims(_ slot: String) async throws -> TableClaims {
        let checkpoints = CheckpointStore(store: store, slot: slot, owner: slot)
        let source = Checkpoint.Source(system: "7", timeline: 1, database: "d", slot: slot, slotCreated: nil)
        _ = try await checkpoints.takeOver(source: source, position: LSN(rawValue: 1), time: "now")
        return TableClaims(store: store, checkpoints: checkpoints)
    }

    private func registry(_ names: String...) -> TableRegistry {
        TableRegistry(names.map { Checkpoint.Table(name: $0, oid: 5, schema: "public", table: $0) })
    }

    private func names(_ claims: TableClaims) async -> [String] {
        await claims.checkpoints.checkpoint?.tables.map(\.name) ?? []
    }

    @Test(arguments: ["t", "t_changes"])
    func `a name that collides with one of another stream is not to be had`(name: String) async throws {
        let (first, second) = (try await claims("a"), try await claims("b"))
        try await first.claim(registry("t"))
        let error = await #expect(throws: ReplicationError.self) { try await second.claim(registry("u", name)) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("slot a ") == true)
        #expect(await names(second).isEmpty)
        try await second.claim(registry("u"))
        try await first.claim(registry("t", "t2"))
        #expect(await (names(first), names(second)) == (["t", "t2"], ["u"]))
    }

    @Test
    func `of two that claim a name at the same moment one at most has it`() async throws {
        let (first, second) = (try await claims("a"), try await claims("b"))
        for number in 0..<20 {
            let (left, right) = (registry("l\(number)", "t\(number)"), registry("r\(number)", "t\(number)"))
            async let one: Void? = try? first.claim(left)
            async let two: Void? = try? second.claim(right)
            _ = await (one, two)
            let both = Set(await names(first)).intersection(await names(second))
            #expect(both.isEmpty)
        }
    }

    @Test
    func `changes that no stream vouches for are not taken over`() async throws {
        let file = ChangeFileName(
            table: "t",
            day: CalendarDate(daysSinceEpoch: 0),
            first: LSN(rawValue: 1),
            last: LSN(rawValue: 2),
            generation: 1
        )
        try await store.put(file.key, .bytes([1]))
        let claims = try await claims("a")
        let error = await #expect(throws: ReplicationError.self) { try await claims.claim(registry("t")) }
        #expect(error?.description.contains("/t_changes/ has changes of a stream that is gone") == true)
        #expect(await names(claims).isEmpty)
    }
}

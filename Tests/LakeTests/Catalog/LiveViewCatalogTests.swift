import Lake
import Testing

@Suite
struct LiveViewCatalogTests {
    private func view(key: [String], identity: TableDescription.Identity = .primaryKey) -> LiveView {
        let names = ["id", "ID", "made"]
        let table = TableDescription(
            table: "public.t",
            columns: names.map { TableDescription.Column(name: $0, type: "", key: key.contains($0)) },
            key: key,
            identity: identity,
            partition: TableDescription.Partition(column: "made", timeZone: "UTC")
        )
        let columns = names.map { LiveView.Column(name: $0, type: "INT64") }
        return LiveView(of: table, columns: columns, name: "t", position: .start)
    }

    @Test
    func `a view does without columns that the catalog cannot have`() throws {
        #expect(try view(key: ["id"]).omitting(["ID"]).columns.map(\.name) == ["id", "made"])
        #expect(try view(key: ["id"]).omitting(["ID", "made"]).columns.map(\.name) == ["id"])
        #expect(try view(key: []).omitting(["ID"]).columns.map(\.name) == ["id", "made"])
        #expect(try view(key: ["id"]).omitting([]).columns.count == 3)
    }

    @Test
    func `there is none without a column by which rows are told apart`() {
        #expect(throws: LiveView.Unsupported.self) { try view(key: ["ID"]).omitting(["ID"]) }
        #expect(throws: LiveView.Unsupported.self) { try view(key: []).omitting(["made"]) }
        #expect(throws: LiveView.Unsupported.self) { try view(key: [], identity: .full).omitting(["ID"]) }
    }
}

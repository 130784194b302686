import Lake
import Testing

@Suite
struct TableDescriptionTests {
    private let full = TableDescription(
        table: "billing.Invoices",
        columns: [
            .init(name: "id", type: "bigint", key: true), .init(name: "odd \"näme\"", type: "a/b", key: false),
        ],
        key: ["id"],
        identity: .primaryKey,
        partition: .init(column: "created_at__v2", timeZone: "Europe/Berlin")
    )

    private func entries(_ changed: [String: String?] = [:]) -> [(key: String, value: String)] {
        full.footerEntries.compactMap { entry in
            (changed[entry.key] ?? entry.value).map { (key: entry.key, value: $0) }
        }
    }

    @Test
    func `the footer says it in words that other readers can read too`() {
        let entries = Dictionary(uniqueKeysWithValues: full.footerEntries.map { ($0.key, $0.value) })
        #expect(
            entries == [
                "sluice.version": ReleaseVersion.current, "sluice.table": "billing.Invoices",
                "sluice.columns":
                    #"[{"key":true,"name":"id","type":"bigint"},{"key":false,"name":"odd \"näme\"","type":"a/b"}]"#,
                "sluice.key": #"["id"]"#, "sluice.identity": "default",
                "sluice.partition": #"{"column":"created_at__v2","time_zone":"Europe/Berlin"}"#,
            ]
        )
    }

    @Test
    func `what is written is read back among other entries`() {
        #expect(TableDescription(keyValues: entries() + [(key: "other", value: "")]) == full)
        for identity in TableDescription.Identity.allCases {
            var table = full
            table.identity = identity
            #expect(TableDescription(keyValues: table.footerEntries) == table)
        }
        let least = TableDescription(table: "a.b", columns: [], key: [])
        #expect(TableDescription(keyValues: least.footerEntries) == least)
    }

    @Test
    func `the key of a file that names none is that of its columns`() {
        let absent: String? = nil
        let entries = entries([
            "sluice.key": absent, "sluice.identity": absent, "sluice.partition": absent, "sluice.version": absent,
        ])
        let table = TableDescription(keyValues: entries)
        #expect(table?.key == ["id"] && table?.identity == nil && table?.partition == nil)
    }

    @Test(arguments: [
        ("sluice.table", nil), ("sluice.columns", nil), ("sluice.columns", #"{"name":"id"}"#), ("sluice.columns", ""),
        ("sluice.columns", #"[{"name":"id"}]"#), ("sluice.key", "id"), ("sluice.key", "[1]"),
        ("sluice.identity", "d"), ("sluice.partition", #"{"column":"a"}"#), ("sluice.partition", "a"),
    ])
    func `what says something else is no description`(key: String, value: String?) {
        #expect(TableDescription(keyValues: entries([key: value])) == nil)
    }
}

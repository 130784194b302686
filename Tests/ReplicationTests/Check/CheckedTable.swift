import PostgresWire

@testable import Replication

/// A table that is as it should be, but for what a test changes.
func checkedTable(_ change: (inout TableFacts) -> Void = { _ in }) -> TableFacts {
    func column(_ name: String, _ type: UInt32, isKey: Bool = false) -> SourceTable.Column {
        .init(name: name, typeOID: type, modifier: -1, typeName: "", isKey: isKey, isReadable: true)
    }
    var source = SourceTable(
        oid: 16_384,
        schema: "public",
        name: "invoices",
        isPartitioned: false,
        isReadable: true,
        isPartlyReadable: true,
        estimatedRowCount: 1_000_000
    )
    source.columns = [column("id", TypeOID.bigint, isKey: true), column("created_at", TypeOID.timestamptz)]
    source.identity = ReplicaIdentity(kind: .primaryKey, key: ["id"])
    source.leaves = [
        .init(
            oid: 16_384,
            schema: "public",
            name: "invoices",
            pageCount: 10_000,
            isHeap: true,
            isReadable: true,
            indexes: ["created_at": PartitionColumnIndex(correlation: nil, common: [], bounds: [])]
        )
    ]
    var facts = TableFacts(table: source)
    facts.notNull = ["id", "created_at"]
    facts.dayColumns = ["created_at"]
    change(&facts)
    return facts
}

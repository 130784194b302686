import Columnar
import Ingest
import Lake
import Parquet
import PostgresWire

/// A table as one Relation message describes it, ready to take changes.
///
/// A class, as the stream's hottest loop finds it by OID and keeps its place in it; used by the stream's thread only,
/// except for what is constant.
final class StreamedTable {
    let oid: UInt32
    /// The message.
    let relation: PgOutputRelation
    /// `schema.table`, for messages.
    let displayName: String
    /// Its name in the lake.
    let lakeName: String
    let schema: ChangeSchema
    /// How the cells of each of the relation's columns may come.
    let cells: [TupleColumn]
    /// Which of the relation's columns belong to the replica identity.
    let identity: [Bool]
    /// The columns by which `_old_key` names a row.
    let key: RowKey
    /// The same among the relation's columns.
    let keyCells: Set<Int>
    let writerOptions: WriterOptions
    /// The footer's keys and values.
    let metadata: [(key: String, value: String)]

    /// Room for the row before an UPDATE.
    let former: WireRowBatch
    /// Where changes go; nil until there is one, and after each flush.
    var builder: ChangeBuilder?

    init(
        relation: PgOutputRelation,
        displayName: String,
        lakeName: String,
        schema: ChangeSchema,
        cells: [TupleColumn],
        keyCells: Set<Int>,
        writerOptions: WriterOptions,
        metadata: [(key: String, value: String)]
    ) {
        oid = relation.oid
        self.relation = relation
        self.displayName = displayName
        self.lakeName = lakeName
        self.schema = schema
        self.cells = cells
        identity = relation.columns.map(\.isInIdentity)
        self.keyCells = keyCells
        key = RowKey(schema.columns.filter { keyCells.contains($0.cell) })
        self.writerOptions = writerOptions
        self.metadata = metadata
        former = WireRowBatch(columnCount: cells.count, rowCapacity: 1, byteCapacity: 64)
    }
}

import Lake
import PostgresWire

/// Changes on their way into the lake, with the position that is durable once they are there.
struct Flush: Sendable {
    /// The files to be; whoever takes a flush over is their only owner.
    var builders: HandedOver<[ChangeBuilder]>
    /// Everything that ends here or before is in these files or was before.
    var position: LSN
    /// When the last transaction was committed, in microseconds since 1970-01-01 UTC; nil if there is none.
    var committedAt: Int64?
    /// The tables that the stream has met; looked at when the checkpoint is written, as others write there too.
    var tables: TableDirectory
    /// The names of their columns, if there are new ones.
    var schemas: SchemaRegistry?
    var rowCount = 0
    var reason = FlushReason.requested
}

/// A value on its way from the thread that has made it to the one that uses it up.
///
/// Unchecked, because the giver's promise to keep no reference is more than the compiler can follow.
struct HandedOver<Value>: @unchecked Sendable {
    let value: Value
}

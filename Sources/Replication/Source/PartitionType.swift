import PostgresWire

/// The types by whose values rows can be put into days.
enum PartitionType {
    /// The type behind a column's type: `date`, `timestamp` or `timestamptz`; nil for any other.
    static func oid(of typeOID: UInt32, modifier: Int32, _ types: TypeCatalog) -> UInt32? {
        guard let oid = types.base(of: typeOID, modifier: modifier)?.type.oid else { return nil }
        return [TypeOID.date, TypeOID.timestamp, TypeOID.timestamptz].contains(oid) ? oid : nil
    }
}

import Columnar
import Lake

/// The keys, or whole rows, that the UPDATEs of a batch say their rows had before.
struct FormerRows {
    private let columns: [RowLayout.Column]
    private let encoder: KeyEncoder?
    private let source: RowSource?
    /// For a row of the batch its place among those that had another key.
    private let places: [Int: Int]

    /// Reads `_old_key` of a batch.
    ///
    /// - Parameters:
    ///   - batch: The changes.
    ///   - columns: The columns that are named there.
    /// - Throws: ``ReplicationError`` if the text is not what the stream has written.
    init(of batch: ChangeBatch, columns: [RowLayout.Column]) throws {
        self.columns = columns
        let rows = batch.oldKeys.keys.sorted()
        places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($0.element, $0.offset) })
        guard !rows.isEmpty else {
            (encoder, source) = (nil, nil)
            return
        }
        // A column that came later was not there to have a value.
        let there = columns.filter { batch.file.columnIndex(named: Array($0.name.utf8)) != nil }
        let reader = try OldKeyReader(batch.file, names: there.map(\.name))
        let former = try reader.read(rows.compactMap { batch.oldKeys[$0] })
        let named = zip(there, former.columns).map { (name: $0.name, values: $1) }
        let arranged = RowSource.arranged(named, as: RowLayout(columns))
        encoder = KeyEncoder(zip(columns, arranged).map { ($0, $1) }, rescued: former.rescued)
        source = RowSource(columns: arranged, rescued: former.rescued)
    }

    /// Replaces `key` by the key that a row had before.
    ///
    /// - Returns: Whether it had another.
    func encode(_ row: Int, into key: inout [UInt8]) -> Bool {
        guard let place = places[row], let encoder else { return false }
        encoder.encode(place, into: &key)
        return true
    }

    /// The day of the former row, where its columns are all of the table's.
    func day(of row: Int, by resolver: DayResolver) -> CalendarDate? {
        guard let place = places[row], let source else { return nil }
        return resolver.day(of: place, in: source)
    }
}

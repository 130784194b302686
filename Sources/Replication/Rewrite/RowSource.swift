import Columnar

/// Rows in memory whose columns stand in the places that a layout gives them.
///
/// Used by one thread at a time, until ``prepare()`` has found the places of all values: then by any number.
final class RowSource {
    /// For each column of the layout its values, in the layout's type; nil where the rows lack the column.
    let columns: [Column?]
    /// The texts of values that columns cannot hold.
    let rescued: Column?
    private var places: [ColumnSlots?]
    private var rescuedPlaces: ColumnSlots?

    init(columns: [Column?], rescued: Column?) {
        self.columns = columns
        self.rescued = rescued
        places = Array(repeating: nil, count: columns.count)
    }

    /// Finds the places of all values, so that nothing changes any more.
    func prepare() {
        for index in columns.indices { _ = slots(ofColumn: index) }
        if let rescued, rescued.validity.valueCount > 0, rescuedPlaces == nil { rescuedPlaces = ColumnSlots(rescued) }
    }

    /// Random access to a column; nil where the rows lack it.
    func slots(ofColumn index: Int) -> ColumnSlots? {
        guard let column = columns[index] else { return nil }
        if let known = places[index] { return known }
        let slots = ColumnSlots(column)
        places[index] = slots
        return slots
    }

    /// The JSON of a row's rescued values; nil if there are none.
    func rescuedJSON(_ row: Int) -> [UInt8]? {
        guard let rescued, rescued.validity.valueCount > 0 else { return nil }
        let slots: ColumnSlots
        if let known = rescuedPlaces {
            slots = known
        } else {
            slots = ColumnSlots(rescued)
            rescuedPlaces = slots
        }
        return slots.withValue(at: row) { $0.map { Array($0) } }
    }

    /// Brings columns into the order and the types of a layout.
    ///
    /// - Parameters:
    ///   - columns: The columns with their names.
    ///   - layout: A layout that has them all, each in its type or a wider one.
    /// - Returns: For each column of the layout its values, or nil.
    static func arranged(_ columns: [(name: String, values: Column)], as layout: RowLayout) -> [Column?] {
        var arranged = [Column?](repeating: nil, count: layout.columns.count)
        for (name, values) in columns {
            guard let index = layout.index(of: name) else { continue }
            arranged[index] = values.promoted(to: layout.columns[index].type)
        }
        return arranged
    }
}

/// A row of one of a pass's sources.
struct RowReference: Sendable, Hashable {
    var source: Int32
    var row: Int32

    init(source: Int, row: Int) {
        self.source = Int32(truncatingIfNeeded: source)
        self.row = Int32(truncatingIfNeeded: row)
    }
}

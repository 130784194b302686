import Lake

/// What a pass does, day by day.
struct RewritePlan {
    var layout: RowLayout
    /// What the newest change's file says of the table.
    var description: TableDescription
    /// The rows that new ones are made of.
    var sources: [RowSource]
    /// The days that are written.
    var works: [DayWork]
    /// Days that have to be exported again.
    var unresolved: Set<CalendarDate?>
    /// Deleted rows that stay without some of their values.
    var incomplete = Incomplete()
    /// What finding the rows took.
    var counts: KeyLocator.Counts

    /// Deleted rows that stay without some of their values: an export had another row with their key by then, so that nothing
    /// is left of values which changes did not repeat.
    struct Incomplete {
        var rowCount = 0
        /// The numbers of the columns.
        var columns: Set<Int> = []

        /// Notes a row that lacks the values of some columns.
        mutating func note(_ columns: [Int]) {
            rowCount += 1
            self.columns.formUnion(columns)
        }
    }
}

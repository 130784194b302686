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
    /// What finding the rows took.
    var counts: KeyLocator.Counts
}

/// The column by whose day a table's rows are best kept apart.
struct PartitionChoice {
    /// The column; nil if none will do.
    let column: String?
    /// Why this one, in a sentence.
    let reason: String
    /// The other columns that have a day.
    let others: [String]

    /// Chooses `created_at`, else the one that best looks as if it said when a row came into being: such values do not
    /// change, so that rows stay where they are.
    init(_ facts: TableFacts) {
        let candidates = facts.dayColumns.filter { !facts.generated.contains($0) }
        func points(_ name: String) -> Int {
            if name == TableOptions.defaultPartitionColumn { return 100 }
            if ColumnHints.namesChange(name) { return -1 }
            return (ColumnHints.namesOrigin(name) ? 6 : 0) + (facts.notNull.contains(name) ? 4 : 0)
                + (facts.isIndexed(name) ? 2 : 0)
        }
        // The first of those that are equally good.
        let best = candidates.enumerated().max { (points($0.element), -$0.offset) < (points($1.element), -$1.offset) }
        guard let best = best?.element, points(best) >= 0 else {
            column = nil
            reason = ""
            others = candidates
            return
        }
        column = best
        others = candidates.filter { $0 != best }
        let lacks = [
            facts.notNull.contains(best) ? nil : "may be NULL: such rows go to 1970-01-01",
            facts.isIndexed(best) ? nil : "has no index: exports of single days read the whole table",
        ].compactMap { $0 }
        reason =
            lacks.isEmpty ? "\(best) is NOT NULL and has an index." : "\(best) \(lacks.joined(separator: ", and it "))."
    }
}

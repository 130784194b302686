import PostgresWire

/// Sees to it that no column which is to be masked comes into the lake under another name, as it is.
///
/// A mask is tied to a column's name, and a column may be renamed at any time: also before a change that was made under
/// the former name arrives.
struct MaskedNames {
    let rule: TableRule
    /// The table, for messages.
    let table: String

    /// Refuses columns one of which may be a column that is to be masked.
    ///
    /// - Parameters:
    ///   - columns: The columns that are about to come into the lake.
    ///   - present: All columns that the table has by now.
    ///   - known: Columns that it is known to have had; empty if nothing is known of it.
    /// - Throws: ``ReplicationError`` with the column that may have been renamed.
    func check(_ columns: Set<String>, present: Set<String>, known: Set<String>) throws(ReplicationError) {
        let masked = Set(rule.options.masks.keys)
        let lacking = masked.subtracting(columns)
        guard !lacking.isEmpty else { return }
        let bare = columns.subtracting(masked).subtracting(rule.options.excludedColumns)
        let gone = lacking.subtracting(present)
        // A pattern is for tables of different columns, of which some never had the column.
        if rule.pattern.exactName != nil, let unknown = gone.subtracting(known).min() {
            throw .missingMasked(unknown, of: table)
        }
        // What has stood beside the column cannot be the column.
        if let former = gone.intersection(known).min(), let new = bare.subtracting(known).min() {
            throw .renamedMasked(former, new, of: table, isOlder: false)
        }
        if let new = lacking.intersection(present).min(), let former = bare.subtracting(present).min() {
            throw .renamedMasked(new, former, of: table, isOlder: true)
        }
    }
}

extension ReplicationError {
    /// A column that is to be masked and that the table does not have.
    static func missingMasked(_ column: String, of table: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "table \(table) has no column \(column), which is to be masked; correct mask in its settings"
        )
    }

    /// A column that may be one which is to be masked, under its new or its former name.
    fileprivate static func renamedMasked(
        _ masked: String,
        _ other: String,
        of table: String,
        isOlder: Bool
    ) -> ReplicationError {
        let what = isOlder ? "had a column \(other) before it had" : "has a column \(other) and no longer"
        return ReplicationError(
            .configuration,
            "table \(table) \(what) \(masked), which is to be masked: if that is the same column, name \(other) under mask "
                + "too; if not, take \(isOlder ? "\(other) out with exclude_columns" : "\(masked) off mask")"
        )
    }
}

import Ingest

extension TableOptions {
    /// What is kept of a column's values; nil for all of them.
    ///
    /// - Parameters:
    ///   - column: The column.
    ///   - salt: The salt of the settings. Without one nothing is kept of values that are to be digested.
    /// - Returns: The mask.
    func mask(of column: String, salt: MaskSalt?) -> ColumnMask? {
        switch masks[column] {
        case nil: nil
        case .null: .null
        case .truncate(let characterCount): .text(.prefix(characterCount: characterCount))
        case .sha256: salt.map { .text(.sha256($0)) } ?? .null
        }
    }
}

extension TableOptions {
    /// Tells what a mask keeps of a column's values from what others keep; of a salt no more than that it is another.
    ///
    /// - Parameters:
    ///   - column: The column.
    ///   - salt: The salt of the settings.
    /// - Returns: The text; nil if all of the values is kept.
    func maskText(of column: String, salt: MaskSalt?) -> String? {
        switch masks[column] {
        case nil: nil
        case .null: "null"
        case .truncate(let characterCount): "truncate(\(characterCount))"
        case .sha256: salt.map { "sha256 \($0.mark)" } ?? "null"
        }
    }
}

extension ReplicationError {
    /// A mask that does not fit the type of its column.
    static func unfitMask(_ column: String, of table: String, typeName: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "column \(column) of table \(table) has type \(typeName), of whose values no first characters can be kept; "
                + "mask it with sha256 or null"
        )
    }

    /// A mask under which the rows of a table cannot be told apart.
    static func maskedKey(_ column: String, of table: String) -> ReplicationError {
        ReplicationError(
            .configuration,
            "column \(column) tells the rows of table \(table) apart, so that its mask must keep different values "
                + "different; mask it with sha256, or not at all"
        )
    }
}

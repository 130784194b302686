import Columnar

/// Refuses schemas that no file can have.
enum SchemaCheck {
    /// Levels are kept as one byte each, and readers have limits of their own.
    private static let maximumDepth = 60

    /// Makes sure that every column can be written.
    ///
    /// - Throws: ``ParquetError`` with code `invalidSchema`, which names the column.
    static func check(_ schema: TableSchema) throws(ParquetError) {
        for field in schema.fields { try check(field.type, [field.name]) }
    }

    private static func check(_ type: ColumnType, _ path: [String]) throws(ParquetError) {
        guard path.count <= maximumDepth else { throw invalid(path, "it lies deeper than \(maximumDepth) levels") }
        switch type {
        case .leaf(let physical, let logical):
            if case .fixedLengthByteArray(let width) = physical {
                guard width > 0, Int32(exactly: width) != nil else {
                    throw invalid(path, "it has values of \(width) bytes")
                }
            }
            if case .decimal(let precision, _)? = logical, precision > maximumPrecision(physical) {
                throw invalid(path, "\(precision) digits do not fit values of type \(physical)")
            }
            if let logical, !logical.suits(physical) {
                throw invalid(path, "values of type \(physical) cannot mean \(logical)")
            }
        case .list(let element): try check(element, path + ["element"])
        case .map(let key, let value):
            try check(key, path + ["key"])
            try check(value, path + ["value"])
        case .structure(let fields):
            guard !fields.isEmpty else { throw invalid(path, "a structure has no fields") }
            for field in fields { try check(field.type, path + [field.name]) }
        }
    }

    /// The digits of a decimal (LogicalTypes.md, "DECIMAL").
    private static func maximumPrecision(_ physical: PhysicalType) -> Int {
        switch physical {
        case .int32: 9
        case .int64: 18
        case .fixedLengthByteArray(let width): Int((Double(width * 8 - 1) * 0.301_029_995_66).rounded(.down))
        case .boolean, .float, .double, .byteArray: .max
        }
    }

    private static func invalid(_ path: [String], _ reason: String) -> ParquetError {
        ParquetError(.invalidSchema, "Column \(path.joined(separator: ".")) cannot be written: \(reason).")
    }
}

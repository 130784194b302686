import Parquet

/// What the footer of a file says, for people and for programs.
struct FileDescription {
    var reader: ParquetFileReader
    /// The file's name as the user wrote it.
    var name: String
    var byteCount: Int
    /// Whether each row group is described, instead of their sum.
    var hasRowGroups: Bool
    /// Whether values are shown however long they are.
    var isFull: Bool

    /// A leaf and what the footer says about it.
    struct LeafSummary {
        var leaf: SchemaLeaf
        var summary: ColumnSummary

        /// The text of a bound.
        func text(_ bound: ColumnSummary.Bound?) -> ValueText? {
            bound.flatMap { ValueText($0.bytes.span.bytes, leaf.physicalType, leaf.logicalType) }
        }
    }

    /// Every leaf over all row groups, or over one.
    func summaries(ofRowGroup index: Int? = nil) -> [LeafSummary] {
        reader.leaves.map { leaf in
            LeafSummary(leaf: leaf, summary: reader.summary(of: leaf, rowGroups: index.map { $0..<$0 + 1 }))
        }
    }

    /// The sum of numbers of the file, which may be any.
    static func sum(_ values: [Int]) -> Int {
        values.reduce(0) { sum, value in
            let (next, overflows) = sum.addingReportingOverflow(value)
            return overflows ? (value < 0 ? .min : .max) : next
        }
    }
}

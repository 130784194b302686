import Columnar

extension ColumnSlots {
    /// Whether a slot of a column of booleans is true; false where it is NULL.
    func isTrue(at slot: Int) -> Bool {
        withValue(at: slot) { bytes in bytes.map { $0.first ?? 0 != 0 } ?? false }
    }
}

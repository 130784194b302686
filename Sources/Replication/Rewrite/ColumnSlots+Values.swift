import Columnar

extension ColumnSlots {
    /// Whether a slot of a column of booleans is true; false where it is NULL.
    func isTrue(at slot: Int) -> Bool {
        withValue(at: slot) { bytes in bytes.map { $0.first ?? 0 != 0 } ?? false }
    }
}

extension ColumnSlots {
    /// The value of a slot of a column of `int64`; nil where it is NULL.
    func int64(at slot: Int) -> Int64? {
        withValue(at: slot) { bytes in
            bytes.flatMap { $0.count == 8 ? $0.loadUnaligned(as: Int64.self).littleEndian : nil }
        }
    }
}

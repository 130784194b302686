import Bytes
import Columnar

/// The page that is being filled: its levels and its values, not yet encoded.
final class PageBuffer {
    /// Definition levels of a flat column, as one bit a row.
    var validity = Validity()
    /// Definition levels of a nested column, one byte an entry.
    let definitionLevels = ByteBuffer()
    /// Repetition levels of a nested column, one byte an entry.
    let repetitionLevels = ByteBuffer()
    /// Values in PLAIN layout, while there is no dictionary.
    let values = ByteBuffer()
    /// Indexes into the dictionary, `UInt32` each, while there is one.
    let indexes = ByteBuffer()
    /// The bytes of the values in PLAIN layout, also where there is a dictionary.
    var plainByteCount = 0
    /// Rows begun.
    var rowCount = 0
    /// Values present, without NULLs.
    var valueCount = 0

    /// Level entries, NULLs included.
    func entryCount(isFlat: Bool) -> Int {
        isFlat ? validity.slotCount : definitionLevels.count
    }

    /// The bytes of memory held.
    var allocatedByteCount: Int {
        validity.allocatedByteCount + definitionLevels.capacity + repetitionLevels.capacity + values.capacity
            + indexes.capacity
    }

    func removeAll() {
        validity.removeAll()
        definitionLevels.removeAll()
        repetitionLevels.removeAll()
        values.removeAll()
        indexes.removeAll()
        plainByteCount = 0
        rowCount = 0
        valueCount = 0
    }
}

import Columnar
import Parquet

/// Takes any bytes for a recipe: of a table, of the options that it is written with, and of the damage done to the file
/// then.
///
/// What is not damaged must come back as it was written.
public enum DamagedFileFuzz {
    /// More makes a file that no reader gets anything out of.
    private static let maximumDamageCount = 7

    /// Writes the file and reads it: one byte says how often it is damaged, four say where and how each time, the others
    /// are the table.
    ///
    /// - Returns: Whether all of the file could be read.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        let recipe = bytes.withUnsafeBytes { [UInt8]($0) }
        guard let first = recipe.first else { return false }
        let damageCount = min(Int(first) % (maximumDamageCount + 1), (recipe.count - 1) / 4)
        var choices = Choices(bytes: recipe.dropFirst(1 + damageCount * 4))
        let table = RandomTable(&choices, columnCount: 2, rowCount: 40)
        guard var file = try? table.encode() else { preconditionFailure("a table is not written") }
        guard damageCount > 0 else {
            precondition(isRead(file, as: table), "a table is not what was written")
            return true
        }
        for index in 0..<damageCount { damage(&file, recipe[(1 + index * 4)..<(5 + index * 4)]) }
        return WholeFile.read(file)
    }

    /// Whether the reader finds the table in the file.
    public static func isRead(_ file: [UInt8], as table: RandomTable) -> Bool {
        guard let reader = try? ParquetFileReader(MemoryByteSource(file)), reader.schema == table.schema,
            reader.rowGroupCount == table.batches.count
        else { return false }
        return table.batches.enumerated().allSatisfy { index, batch in
            guard let read = try? reader.readRowGroup(index) else { return false }
            return read.columns.count == batch.columns.count
                && zip(read.columns, batch.columns).allSatisfy(WholeColumn.isEqual)
        }
    }

    /// Changes a place: two bytes say which, counted from the end where the footer is, one says how and one by how much.
    private static func damage(_ file: inout [UInt8], _ recipe: ArraySlice<UInt8>) {
        let recipe = Array(recipe)
        let position = file.count - 1 - (Int(recipe[0]) | Int(recipe[1]) << 8) % file.count
        let amount = recipe[3]
        switch recipe[2] % 5 {
        case 0: file[position] = amount
        case 1: file[position] ^= amount
        case 2: file[position] &+= amount
        // What follows moves, and the footer with it, which is found from the end.
        case 3: file.remove(at: position)
        default: file.insert(amount, at: position)
        }
    }
}

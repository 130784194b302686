/// Some whole rows of a nested column that go into a page together: a page must begin at a row.
struct NestedPortion {
    /// What there is room for.
    struct Room {
        /// Entries after which no other row begins.
        let entries: Int
        let rows: Int
        /// Bytes of values, of which the last row may take more.
        let bytes: Int
    }

    let firstEntry: Int
    private(set) var endEntry: Int
    private(set) var rowCount = 0
    private(set) var valueCount = 0
    /// The values' bytes; the largest number of all where they do not end before the column does.
    var byteCount = 0

    init(firstEntry: Int) {
        self.firstEntry = firstEntry
        endEntry = firstEntry
    }

    /// Extends the portion by rows that there is room for, by one at least.
    ///
    /// - Parameters:
    ///   - definitions: The definition level of each entry.
    ///   - repetitions: The repetition level of each entry; the first one's is 0.
    ///   - total: How many entries there are.
    ///   - values: Those of the portion, where they have no fixed width; their bytes are counted then.
    ///   - leaf: The column.
    ///   - room: What there is room for.
    @inline(__always)
    mutating func extend(
        _ definitions: UnsafePointer<UInt8>,
        _ repetitions: UnsafePointer<UInt8>,
        upTo total: Int,
        values: UnsafeRawBufferPointer?,
        of leaf: LeafColumn,
        room: Room
    ) {
        let present = UInt8(leaf.maxDefinitionLevel)
        let entryLimit = firstEntry + room.entries
        var (entry, rows, valueCount, byteCount) = (firstEntry, 0, 0, 0)
        repeat {
            if unsafe repetitions[entry] == 0 {
                if entry >= entryLimit || rows == room.rows { break }
                if unsafe values != nil, byteCount >= room.bytes, rows > 0 { break }
                rows += 1
            }
            if unsafe definitions[entry] == present {
                valueCount &+= 1
                if let values = unsafe values {
                    guard byteCount &+ 4 <= values.count else {
                        byteCount = .max
                        break
                    }
                    let length = unsafe values.loadUnaligned(fromByteOffset: byteCount, as: UInt32.self)
                    byteCount &+= 4 &+ Int(UInt32(littleEndian: length))
                }
            }
            entry &+= 1
        } while entry < total
        endEntry = entry
        rowCount = rows
        self.valueCount = valueCount
        self.byteCount = byteCount
    }
}

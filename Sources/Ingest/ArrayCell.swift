import Bytes
import PostgresWire

/// A binary array within its cell (`array_send`).
///
/// ```
/// dimensions:Int32 flags:Int32 elementType:UInt32 (size:Int32 lowerBound:Int32)* element*
/// element length:Int32 (-1 for NULL) bytes
/// ```
@safe
struct ArrayCell {
    /// PostgreSQL's own limit (`MAXDIM`).
    private static let maximumDimensionCount = 6

    private let cell: UnsafeRawPointer
    private let length: Int
    /// 0 for an empty array.
    let dimensionCount: Int
    /// How many elements its dimensions announce.
    let elementCount: Int

    /// Reads the header; `nil` if the cell cannot be an array.
    init?(_ cell: UnsafeRawPointer, length: Int) {
        guard length >= 12 else { return nil }
        let dimensionCount = unsafe Int(bigEndian(cell, Int32.self))
        guard dimensionCount >= 0, dimensionCount <= Self.maximumDimensionCount, length >= 12 + 8 * dimensionCount
        else { return nil }
        var count = dimensionCount == 0 ? 0 : 1
        for dimension in 0..<dimensionCount {
            let size = unsafe Int(bigEndian(cell + 12 + dimension * 8, Int32.self))
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            // Every element takes four bytes at least.
            guard size >= 0, !overflow, product <= length / 4 else { return nil }
            count = product
        }
        unsafe self.cell = cell
        self.length = length
        self.dimensionCount = dimensionCount
        self.elementCount = count
    }

    /// Whether a list can hold the array: one dimension at most, that begins at 1.
    var isList: Bool {
        switch dimensionCount {
        case 0: true
        case 1: unsafe bigEndian(cell + 16, Int32.self) == 1
        default: false
        }
    }

    /// The elements of each dimension, and the subscript of the first.
    var dimensions: [(size: Int, lowerBound: Int)] {
        (0..<dimensionCount).map { dimension in
            unsafe (
                size: Int(bigEndian(cell + 12 + dimension * 8, Int32.self)),
                lowerBound: Int(bigEndian(cell + 16 + dimension * 8, Int32.self))
            )
        }
    }

    /// Calls `body` with each element and its length in bytes, -1 for NULL.
    ///
    /// - Returns: Whether the elements fill the cell exactly.
    @inline(__always)
    func forEachElement(_ body: (UnsafeRawPointer, Int) -> Void) -> Bool {
        var position = 12 + 8 * dimensionCount
        for _ in 0..<elementCount {
            guard position + 4 <= length else { return false }
            let byteCount = unsafe Int(bigEndian(cell + position, Int32.self))
            position += 4
            guard byteCount >= -1, position + max(0, byteCount) <= length else { return false }
            unsafe body(cell + position, byteCount)
            position += max(0, byteCount)
        }
        return position == length
    }
}

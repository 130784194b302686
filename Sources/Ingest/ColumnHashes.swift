import Bytes
public import Columnar
import PostgresWire

/// For each slot of a column the hash of the text that PostgreSQL prints of its value, seeded by the row.
///
/// Kept from batch to batch, so that nothing is allocated for a row. Used by one thread at a time.
public final class ColumnHashes {
    /// The hashes; 0 for NULL.
    public private(set) var values: [UInt64] = []
    /// Which slots hold a value.
    public private(set) var isPresent: [Bool] = []
    private let text = ByteBuffer()

    /// Prepares to hash columns.
    public init() {}

    /// Hashes the slots of a column.
    ///
    /// - Parameters:
    ///   - column: The column.
    ///   - form: How its values are printed.
    ///   - seeds: A seed for each slot.
    /// - Precondition: There are as many seeds as slots.
    public func hash(_ column: Column, as form: PrintedValue, seeds: [UInt64]) {
        precondition(seeds.count == column.slotCount, "a column has another number of slots than there are rows")
        reset(seeds.count)
        switch (form, column.type) {
        case (.presence, _):
            for slot in seeds.indices where column.validity.isValue(at: slot) { set(slot, [], seed: seeds[slot]) }
        case (.text, .leaf(.byteArray, _)):
            unsafe variable(column, seeds) { unsafe $0 }
        case (_, .leaf(let physicalType, _)):
            let carrier = DecimalCarrier(physicalType)
            if let width = physicalType.byteWidth {
                fixed(column, width, seeds, form, carrier)
            } else {
                unsafe variable(column, seeds) { bytes in
                    text.removeAll()
                    unsafe form.append(bytes, carrier, to: text)
                    return unsafe text.bytes
                }
            }
        default:
            var nested = NestedText(column, as: form)
            for slot in seeds.indices {
                text.removeAll()
                guard nested.appendNext(to: text) else { continue }
                values[slot] = unsafe TextHash.hash(text.bytes, seed: seeds[slot])
                isPresent[slot] = true
            }
        }
    }

    /// Takes every slot for NULL, as those of a column that a file lacks.
    public func hashNothing(count: Int) { reset(count) }

    /// Hashes rows as wholes: the text of the array of their hashes, `{-5,NULL,7}`, where each is a signed number.
    ///
    /// - Parameters:
    ///   - columns: The hashes of the columns, all of the same rows.
    ///   - count: The number of rows.
    public func hashRows(of columns: [ColumnHashes], count: Int) {
        reset(count)
        for row in 0..<count {
            text.removeAll()
            text.append(UInt8(ascii: "{"))
            for (index, column) in columns.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                if column.isPresent[row] {
                    IntegerText.append(Int64(bitPattern: column.values[row]), to: text)
                } else {
                    text.append(Self.null)
                }
            }
            text.append(UInt8(ascii: "}"))
            values[row] = unsafe TextHash.hash(text.bytes, seed: 0)
            isPresent[row] = true
        }
    }

    private static let null = Array("NULL".utf8)

    /// Hashes a text in place of a slot that is NULL; one that is not stays.
    public func set(_ slot: Int, _ text: [UInt8], seed: UInt64) {
        guard !isPresent[slot] else { return }
        values[slot] = unsafe text.withUnsafeBytes { unsafe TextHash.hash($0, seed: seed) }
        isPresent[slot] = true
    }

    /// The sum of all hashes, modulo 2^64.
    public var sum: UInt64 { values.reduce(0, &+) }

    /// The sum of the hashes of some slots, modulo 2^64.
    public func sum(where isCounted: [Bool]) -> UInt64 {
        zip(values, isCounted).reduce(0) { $1.1 ? $0 &+ $1.0 : $0 }
    }

    private func reset(_ count: Int) {
        if values.count == count {
            for slot in 0..<count {
                values[slot] = 0
                isPresent[slot] = false
            }
        } else {
            values = Array(repeating: 0, count: count)
            isPresent = Array(repeating: false, count: count)
        }
    }

    private func fixed(
        _ column: Column,
        _ width: Int,
        _ seeds: [UInt64],
        _ form: PrintedValue,
        _ carrier: DecimalCarrier?
    ) {
        let bytes = unsafe column.values.bytes
        precondition(
            bytes.count >= column.validity.valueCount * width,
            "a column has fewer values than slots that hold one"
        )
        let (text, hasNulls) = (text, column.validity.nullCount > 0)
        var offset = 0
        unsafe withSlots { values, isPresent in
            for slot in seeds.indices {
                if hasNulls, !column.validity.isValue(at: slot) { continue }
                text.removeAll()
                unsafe form.append(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset &+ width]), carrier, to: text)
                unsafe values[slot] = unsafe TextHash.hash(text.bytes, seed: seeds[slot])
                unsafe isPresent[slot] = true
                offset &+= width
            }
        }
    }

    private func variable(
        _ column: Column,
        _ seeds: [UInt64],
        _ printed: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer
    ) {
        let bytes = unsafe column.values.bytes
        let hasNulls = column.validity.nullCount > 0
        var offset = 0
        unsafe withSlots { values, isPresent in
            for slot in seeds.indices {
                if hasNulls, !column.validity.isValue(at: slot) { continue }
                precondition(offset + 4 <= bytes.count, "a column has fewer values than slots that hold one")
                let length = unsafe UInt32(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                )
                let end = offset + 4 + Int(length)
                let value = unsafe printed(UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<end]))
                unsafe values[slot] = unsafe TextHash.hash(value, seed: seeds[slot])
                unsafe isPresent[slot] = true
                offset = end
            }
        }
    }

    /// One check of exclusive access for all slots instead of one for each.
    private func withSlots(
        _ body: (UnsafeMutableBufferPointer<UInt64>, UnsafeMutableBufferPointer<Bool>) -> Void
    ) {
        unsafe values.withUnsafeMutableBufferPointer { values in
            unsafe isPresent.withUnsafeMutableBufferPointer { unsafe body(values, $0) }
        }
    }
}

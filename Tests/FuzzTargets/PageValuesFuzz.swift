import Bytes
import Columnar
import Parquet

/// Takes any bytes for the values of a Parquet page: whatever they are, they are refused or become as many values as
/// were asked for.
public enum PageValuesFuzz {
    private static let types: [PhysicalType] = [
        .boolean, .int32, .int64, .float, .double, .byteArray, .fixedLengthByteArray(1), .fixedLengthByteArray(12),
        .fixedLengthByteArray(16), .fixedLengthByteArray(37), .fixedLengthByteArray(0),
    ]

    /// Tries the bytes: the first one picks an encoding, the second one a type or the width of levels, two say how many
    /// values there are, the others are the page.
    ///
    /// - Returns: Whether they are such a page.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 4 else { return false }
        let (first, second) = (bytes.unsafeLoad(as: UInt8.self), bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self))
        let count = Int(bytes.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self))
        return bytes.extracting(droppingFirst: 4).withUnsafeBytes { page in
            guard let encoding = PageEncoding(rawValue: Int32(first & 15)) else {
                return levels(page, bitWidth: Int(second) - 1, count: count, isDeprecated: first & 16 > 0)
            }
            return values(page, encoding, types[Int(second) % types.count], count: count)
        }
    }

    private static func values(
        _ page: UnsafeRawBufferPointer,
        _ encoding: PageEncoding,
        _ type: PhysicalType,
        count: Int
    ) -> Bool {
        let out = ByteBuffer()
        do {
            let taken = try ValueDecoding.decode(encoding, page, physicalType: type, count: count, into: out)
            precondition(taken >= 0 && taken <= page.count, "more bytes were taken than there are")
        } catch {
            precondition(out.count == 0, "a failure leaves something behind")
            return false
        }
        // A dictionary takes nothing but whole values.
        guard let dictionary = try? DictionaryValues(out, physicalType: type, count: count) else {
            preconditionFailure("what was decoded is not so many values")
        }
        let indexes = (0..<UInt32(count)).reversed().map(\.self)
        let looked = ByteBuffer()
        guard (try? indexes.withUnsafeBufferPointer { try dictionary.append($0, into: looked) }) != nil else {
            preconditionFailure("a value is not found")
        }
        precondition(looked.count == out.count, "values differ in length from themselves")
        return true
    }

    private static func levels(
        _ page: UnsafeRawBufferPointer,
        bitWidth: Int,
        count: Int,
        isDeprecated: Bool
    ) -> Bool {
        let out = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        defer { out.deallocate() }
        let taken =
            isDeprecated
            ? try? RunLengthDecoding.decodeBitPacked(page, bitWidth: bitWidth, count: count, into: out)
            : try? RunLengthDecoding.decode(page, bitWidth: bitWidth, count: count, into: out)
        guard let taken else { return false }
        precondition(taken >= 0 && taken <= page.count, "more bytes were taken than there are")
        for index in 0..<count { precondition(UInt64(out[index]) >> UInt64(bitWidth) == 0, "a level has more bits") }
        return true
    }
}

public import Bytes
import Glibc

/// How the text of a cell becomes the bytes that the server would have sent in binary form.
///
/// A replication stream sends either binary cells or text for all tables; so that both are decoded by the same loops, and
/// a value looks the same in the lake whichever way it came, text is brought into binary form first. The texts are those
/// of the session settings that are pinned for every connection (ISO dates, UTC, hexadecimal `bytea`).
public indirect enum TextForm: Equatable, Sendable {
    /// The bytes are the same: text of every kind, and whatever is kept as PostgreSQL prints it.
    case same
    case boolean, int16, int32, int64, float, double, numeric, date, time, timestamp, uuid, bytea
    /// A version byte stands before the text.
    case jsonb
    /// An array with elements of the given form.
    case array(TextForm, delimiter: UInt8)
    /// An array that comes whole, as the one element of an array of two dimensions, where a list cannot hold it.
    case wholeArray(delimiter: UInt8)
    /// Pairs of texts.
    case hstore

    /// Appends the binary form of a text.
    ///
    /// - Parameters:
    ///   - text: What the server sent.
    ///   - out: Takes the bytes; where the text is refused it may hold some of them.
    /// - Returns: `false` if the text is none of the type.
    public func append(_ text: Span<UInt8>, to out: ByteBuffer) -> Bool {
        switch self {
        case .same:
            out.append(text)
            return true
        case .boolean:
            guard text.count == 1, text[0] == UInt8(ascii: "t") || text[0] == UInt8(ascii: "f") else { return false }
            out.append(text[0] == UInt8(ascii: "t") ? 1 : 0)
            return true
        case .int16: return Self.append(Self.integer(text).flatMap { Int16(exactly: $0) }, to: out)
        case .int32: return Self.append(Self.integer(text).flatMap { Int32(exactly: $0) }, to: out)
        case .int64: return Self.append(Self.integer(text), to: out)
        case .float: return unsafe Self.append(Self.number(text) { unsafe strtof($0, $1) }?.bitPattern, to: out)
        case .double: return unsafe Self.append(Self.number(text) { unsafe strtod($0, $1) }?.bitPattern, to: out)
        case .numeric: return NumericText.append(text, to: out)
        case .date: return Self.append(CalendarReading.date(text), to: out)
        case .time: return Self.append(CalendarReading.time(text), to: out)
        case .timestamp: return Self.append(CalendarReading.timestamp(text), to: out)
        case .uuid: return Self.uuid(text, to: out)
        case .bytea: return Self.bytea(text, to: out)
        case .jsonb:
            out.append(1 as UInt8)
            out.append(text)
            return true
        case .array(let element, let delimiter):
            return ArrayLiteral.append(text, element: element, delimiter: delimiter, to: out) != nil
        case .wholeArray(let delimiter): return ArrayLiteral.appendWhole(text, delimiter: delimiter, to: out)
        case .hstore: return HstoreText.append(text, to: out)
        }
    }

    /// Appends the binary form of a text with its length before it, as the wire has cells and elements.
    func appendCell(_ text: Span<UInt8>, to out: ByteBuffer) -> Bool {
        let start = out.count
        out.appendLittleEndian(0 as Int32)
        guard append(text, to: out), let length = Int32(exactly: out.count - start - 4) else { return false }
        out.overwrite(length, at: start)
        return true
    }

    // MARK: - Numbers

    private static func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T?, to out: ByteBuffer) -> Bool {
        guard let value else { return false }
        out.appendLittleEndian(value.byteSwapped)
        return true
    }

    private static func integer(_ text: Span<UInt8>) -> Int64? {
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard text.count > start else { return nil }
        var value: Int64 = 0
        for index in start..<text.count {
            guard let digit = decimalDigit(text[index]) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            // Downwards, since the least value has no counterpart.
            let (difference, underflow) = product.subtractingReportingOverflow(Int64(digit))
            guard !overflow, !underflow else { return nil }
            value = difference
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    private static func number<T>(
        _ text: Span<UInt8>,
        _ parse: (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
    ) -> T? {
        // The longest that the server prints has 24 characters.
        guard (1...64).contains(text.count) else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 65) { copy in
            for index in 0..<text.count { unsafe copy[index] = CChar(bitPattern: text[index]) }
            unsafe copy[text.count] = 0
            guard let start = copy.baseAddress else { return nil }
            var end: UnsafeMutablePointer<CChar>?
            let value = unsafe parse(start, &end)
            return unsafe end == start + text.count ? value : nil
        }
    }

    static func decimalDigit(_ byte: UInt8) -> UInt8? {
        let digit = byte &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }

    // MARK: - Bytes

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        if let digit = decimalDigit(byte) { return digit }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }

    private static func uuid(_ text: Span<UInt8>, to out: ByteBuffer) -> Bool {
        guard text.count == 36 else { return false }
        var index = 0
        while index < 36 {
            if [8, 13, 18, 23].contains(index) {
                guard text[index] == UInt8(ascii: "-") else { return false }
                index += 1
            }
            guard let high = hexadecimalDigit(text[index]), let low = hexadecimalDigit(text[index + 1]) else {
                return false
            }
            out.append(high << 4 | low)
            index += 2
        }
        return true
    }

    private static func bytea(_ text: Span<UInt8>, to out: ByteBuffer) -> Bool {
        guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") else {
            return false
        }
        for index in stride(from: 2, to: text.count, by: 2) {
            guard let high = hexadecimalDigit(text[index]), let low = hexadecimalDigit(text[index + 1]) else {
                return false
            }
            out.append(high << 4 | low)
        }
        return true
    }
}

extension ByteBuffer {
    func append(_ text: Span<UInt8>) {
        unsafe text.withUnsafeBytes { unsafe append($0) }
    }

    /// Puts a big-endian integer where four bytes have been appended before.
    func overwrite(_ value: Int32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= count, "only what has been appended can be overwritten")
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self)
    }
}

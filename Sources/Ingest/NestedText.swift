import Bytes
import Columnar

/// Prints the slots of a column of lists or maps, one after another, with everything that is nested in them.
struct NestedText {
    private let column: Column
    private let form: PrintedValue
    private let carrier: DecimalCarrier?
    private let width: Int?
    /// The next slot, and where its value begins: in bytes, or for a list or map in counts of entries.
    private var slot = 0
    private var offset = 0
    private var children: [NestedText] = []
    /// Holds an element while it is put between quotes.
    private let scratch = ByteBuffer()

    /// Starts before the first slot.
    init(_ column: Column, as form: PrintedValue) {
        self.column = column
        self.form = form
        if case .leaf(let physicalType, _) = column.type {
            width = physicalType.byteWidth
            carrier = DecimalCarrier(physicalType)
        } else {
            width = nil
            carrier = nil
        }
        switch form {
        case .list(let element, _): children = column.children.map { NestedText($0, as: element) }
        case .map: children = column.children.map { NestedText($0, as: .text) }
        default: break
        }
    }

    /// Appends the text of the next slot.
    ///
    /// - Returns: `false` if it is NULL; nothing is appended then.
    mutating func appendNext(to out: ByteBuffer) -> Bool {
        defer { slot += 1 }
        guard column.validity.isValue(at: slot) else { return false }
        switch form {
        case .list(let element, let delimiter):
            let count = nextCount()
            out.append(UInt8(ascii: "{"))
            for index in 0..<count {
                if index > 0 { out.append(delimiter) }
                let start = out.count
                if !children[0].appendNext(to: out) {
                    out.append(Self.null)
                } else if !element.isPlain, unsafe Self.needsQuotes(out.bytes[start...], delimiter: delimiter) {
                    quote(from: start, of: out)
                }
            }
            out.append(UInt8(ascii: "}"))
        case .map:
            let count = nextCount()
            for index in 0..<count {
                if index > 0 { out.append(Self.between) }
                for place in 0...1 {
                    if place > 0 { out.append(Self.arrow) }
                    let start = out.count
                    if children[place].appendNext(to: out) {
                        quote(from: start, of: out)
                    } else {
                        out.append(Self.null)
                    }
                }
            }
        default:
            // A structure has no bytes of its own.
            guard case .leaf = column.type else {
                out.append(0)
                return true
            }
            var start = offset
            var byteCount = width ?? 0
            if width == nil {
                byteCount = length(at: offset)
                start += 4
            }
            offset = start + byteCount
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: column.values.bytes[start..<offset])
            unsafe form.append(bytes, carrier, to: out)
        }
        return true
    }

    private static let null = Array("NULL".utf8)
    private static let between = Array(", ".utf8)
    private static let arrow = Array("=>".utf8)

    private mutating func nextCount() -> Int {
        defer { offset += 4 }
        return length(at: offset)
    }

    private func length(at offset: Int) -> Int {
        let bytes = unsafe column.values.bytes
        precondition(offset + 4 <= bytes.count, "a column has fewer values than slots that hold one")
        return unsafe Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    /// Whether `array_out` puts quotes around an element.
    private static func needsQuotes(_ text: Slice<UnsafeRawBufferPointer>, delimiter: UInt8) -> Bool {
        if unsafe text.isEmpty { return true }
        for index in unsafe text.indices {
            switch unsafe text[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: " "),
                9...13,
                delimiter:
                return true
            default: break
            }
        }
        return unsafe text.count == 4 && zip(text, null).allSatisfy { $0 & 0xdf == $1 }
    }

    /// Puts what stands at the end between quotes, with a backslash before each quote and backslash.
    private func quote(from start: Int, of out: ByteBuffer) {
        scratch.removeAll()
        unsafe scratch.append(UnsafeRawBufferPointer(rebasing: out.bytes[start...]))
        out.truncate(to: start)
        out.append(UInt8(ascii: "\""))
        let bytes = unsafe scratch.bytes
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "\""))
    }
}

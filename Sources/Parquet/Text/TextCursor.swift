public import Bytes
public import Columnar

/// Reads the slots of a column one after another, as text or as JSON.
///
/// In JSON
/// - whole numbers and finite floating point numbers are numbers: all digits are there, whether or not what reads them
///   keeps more than 53 bits;
/// - decimals, days, times, instants, intervals and UUIDs are strings, as ``ValueText`` has them, and so are NaN and
///   the infinities, which JSON does not have;
/// - text is a string, JSON text too; binary is a string of hexadecimal digits;
/// - lists are arrays, structures objects; maps are objects if their keys are text, else arrays of `[key, value]`;
/// - NULL is `null`.
public struct TextCursor {
    private let column: Column
    private var slot = 0
    /// Where the next value begins among the values, in bytes.
    private var offset = 0
    private var children: [TextCursor]
    /// The names of a structure's fields.
    private let names: [String]
    /// Whether a map is an object.
    private let isObject: Bool

    /// Starts before the first slot.
    ///
    /// - Parameter column: A column that is whole, as ``ParquetFileReader`` returns it; it must not change meanwhile.
    public init(_ column: Column) {
        self.column = column
        children = column.children.map { TextCursor($0) }
        switch column.type {
        case .structure(let fields):
            names = fields.map(\.name)
            isObject = true
        case .map(.leaf(_, .string?), _), .map(.leaf(_, .enumeration?), _):
            names = []
            // Keys are never NULL by the format, and sometimes by no more than that.
            isObject = column.children[0].validity.nullCount == 0
        default:
            names = []
            isObject = false
        }
    }

    /// Whether there is no slot left.
    public var isAtEnd: Bool { slot >= column.slotCount }

    /// The next slot's text; lists, maps and structures are JSON.
    ///
    /// - Precondition: There is one left.
    /// - Returns: The text, `nil` for NULL.
    public mutating func next() -> ValueText? {
        if case .leaf(let physicalType, let logicalType) = column.type {
            return takesValue() ? leaf(physicalType, logicalType) : nil
        }
        guard column.validity.isValue(at: slot) else {
            slot += 1
            return nil
        }
        let out = ByteBuffer()
        appendJSON(to: out)
        return ValueText(.nested, unsafe String(decoding: out.bytes, as: UTF8.self))
    }

    /// Appends the next slot's value as JSON.
    ///
    /// - Precondition: There is one left.
    public mutating func appendJSON(to out: ByteBuffer) {
        guard takesValue() else { return out.append(Array("null".utf8)) }
        switch column.type {
        case .leaf(let physicalType, let logicalType):
            let value = leaf(physicalType, logicalType)
            if value.form == .literal {
                out.append(Array(value.text.utf8))
            } else {
                JSONText.append(value.text, to: out)
            }
        case .structure: appendStructure(to: out)
        case .list: appendEntries(to: out, between: "[]") { $0[0].appendJSON(to: $1) }
        case .map where isObject:
            appendEntries(to: out, between: "{}") { children, out in
                children[0].appendJSON(to: out)
                out.append(UInt8(ascii: ":"))
                children[1].appendJSON(to: out)
            }
        case .map:
            appendEntries(to: out, between: "[]") { children, out in
                out.append(UInt8(ascii: "["))
                children[0].appendJSON(to: out)
                out.append(UInt8(ascii: ","))
                children[1].appendJSON(to: out)
                out.append(UInt8(ascii: "]"))
            }
        }
    }

    /// Moves on to the next slot.
    ///
    /// - Returns: Whether the one before holds a value.
    private mutating func takesValue() -> Bool {
        precondition(!isAtEnd, "there is no slot left")
        slot += 1
        return column.validity.isValue(at: slot - 1)
    }

    private mutating func leaf(_ physicalType: PhysicalType, _ logicalType: LogicalType?) -> ValueText {
        let width = physicalType.byteWidth ?? takeCount()
        precondition(width <= column.values.count - offset, "the column has fewer values than slots")
        let value = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(column.values.base + offset), byteCount: width)
        offset += width
        // The width is right, so there is a text.
        return ValueText(value, physicalType, logicalType) ?? ValueText(.bytes, "")
    }

    private mutating func appendStructure(to out: ByteBuffer) {
        out.append(UInt8(ascii: "{"))
        for index in children.indices {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            JSONText.append(names[index], to: out)
            out.append(UInt8(ascii: ":"))
            children[index].appendJSON(to: out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private mutating func appendEntries(
        to out: ByteBuffer,
        between brackets: StaticString,
        append: (inout [TextCursor], ByteBuffer) -> Void
    ) {
        unsafe out.append(brackets.utf8Start[0])
        for index in 0..<takeCount() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            append(&children, out)
        }
        unsafe out.append(brackets.utf8Start[1])
    }

    /// The length of a value, or the number of a list's entries.
    private mutating func takeCount() -> Int {
        precondition(column.values.count - offset >= 4, "the column has fewer values than slots")
        let count = unsafe column.values.base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        offset += 4
        return Int(UInt32(littleEndian: count))
    }
}

import Bytes
import Columnar
import TestSupport

@testable import Parquet

/// Values of one page as a column has them, made from a seed.
struct PageValues: CustomStringConvertible {
    enum Shape: CaseIterable { case constant, ascending, random, small, extremes, sharedPrefixes }

    /// Each encoding with each type that it is for.
    static let encodings: [(encoding: PageEncoding, type: PhysicalType)] = {
        let types: [PhysicalType] = [
            .boolean, .int32, .int64, .float, .double, .byteArray, .fixedLengthByteArray(1), .fixedLengthByteArray(2),
            .fixedLengthByteArray(12), .fixedLengthByteArray(16), .fixedLengthByteArray(37),
        ]
        return PageEncoding.allCases.flatMap { encoding in
            types.filter { ValueEncoding.supports(encoding, $0) }.map { (encoding, $0) }
        }
    }()

    let type: PhysicalType
    let shape: Shape
    let count: Int
    let bytes: [UInt8]

    var description: String { "\(count) \(shape) values of \(type)" }

    init(_ type: PhysicalType, _ shape: Shape, count: Int, seed: UInt64 = 0) {
        var generator = SeededGenerator(seed: seed &* 31 &+ UInt64(count))
        self.type = type
        self.shape = shape
        self.count = count
        bytes = (0..<count).flatMap { Self.value($0, type, shape, &generator) }
    }

    /// Texts as a column has them.
    static func byteArrays(_ texts: [String]) -> [UInt8] {
        texts.flatMap { littleEndian(UInt32($0.utf8.count)) + Array($0.utf8) }
    }

    func encode(_ encoding: PageEncoding) -> [UInt8] {
        let out = ByteBuffer()
        // What is there already stays.
        out.append(0xee)
        bytes.withUnsafeBytes {
            ValueEncoding.encode(encoding, values: $0, physicalType: type, count: count, into: out)
        }
        return Array(out.copyBytes().dropFirst())
    }

    private static func value(
        _ index: Int,
        _ type: PhysicalType,
        _ shape: Shape,
        _ generator: inout SeededGenerator
    ) -> [UInt8] {
        let number: Int64 =
            switch shape {
            case .constant: 42
            case .ascending: Int64(index) * 1_000 + Int64.random(in: 0...9, using: &generator)
            case .random: Int64.random(in: .min ... .max, using: &generator)
            case .small, .sharedPrefixes: Int64.random(in: -3...3, using: &generator)
            case .extremes:
                [.min, .max, 0, -1, Int64(Int32.min), Int64(Int32.max)].randomElement(using: &generator) ?? 0
            }
        switch type {
        case .boolean:
            return [shape == .ascending ? UInt8(index / 40 & 1) : UInt8(truncatingIfNeeded: number & 1)]
        case .byteArray:
            let text = text(number, index, shape, &generator)
            return littleEndian(UInt32(text.count)) + text
        case .fixedLengthByteArray(let width):
            if shape == .sharedPrefixes { return Array((text(number, index, shape, &generator) + zeros).prefix(width)) }
            return (0..<width).map { UInt8(truncatingIfNeeded: number >> (($0 & 7) * 8)) }
        case .int32, .float: return littleEndian(UInt32(truncatingIfNeeded: number))
        case .int64, .double: return littleEndian(UInt64(bitPattern: number))
        }
    }

    private static let zeros = [UInt8](repeating: 0, count: 64)

    private static func text(_ number: Int64, _ index: Int, _ shape: Shape, _ generator: inout SeededGenerator)
        -> [UInt8]
    {
        switch shape {
        case .sharedPrefixes:
            let prefix = String(repeating: "/a long way", count: index % 12) + "/\(index / 7)"
            return Array((prefix + String(repeating: "x", count: Int(number + 3))).utf8)
        case .random:
            return (0..<Int.random(in: 0...90, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
        case .small: return number < 0 ? [] : Array("\(number)".utf8)
        default: return Array("\(number)".utf8)
        }
    }
}

func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Decodes bytes that end where their allocation ends, so that the address sanitizer sees what goes past it.
func decode(_ encoding: PageEncoding, _ bytes: [UInt8], _ type: PhysicalType, count: Int) throws -> (
    values: [UInt8], byteCount: Int
) {
    let source = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { source.deallocate() }
    source.copyBytes(from: bytes)
    let out = ByteBuffer()
    out.append(0xee)
    do {
        let byteCount = try ValueDecoding.decode(
            encoding,
            UnsafeRawBufferPointer(source),
            physicalType: type,
            count: count,
            into: out
        )
        return (Array(out.copyBytes().dropFirst()), byteCount)
    } catch {
        precondition(out.count == 1, "a failure leaves something behind")
        throw error
    }
}

/// Whether the bytes are so many values as a column has them.
func isColumnar(_ bytes: [UInt8], _ type: PhysicalType, count: Int) -> Bool {
    if let width = type.byteWidth {
        return bytes.count == count * width && (type != .boolean || bytes.allSatisfy { $0 <= 1 })
    }
    var position = 0
    for _ in 0..<count {
        guard position + 4 <= bytes.count else { return false }
        position += 4 + bytes[position..<(position + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    return position == bytes.count
}

import Bytes

/// Brings the text of an array into its binary form.
///
/// PostgreSQL documentation, "Array Input and Output Syntax":
/// ```
/// array    ('[' lower ':' upper ']')* '='? braces
/// braces   '{' (item (delimiter item)*)? '}'
/// item     braces | NULL | plain | '"' (byte | '\' byte)* '"'
/// ```
enum ArrayLiteral {
    /// PostgreSQL's own limit (`MAXDIM`).
    private static let maximumDimensionCount = 6

    /// Appends an array.
    ///
    /// - Returns: Whether a list can hold it: one dimension at most, that begins at 1; `nil` if the text is no array.
    static func append(
        _ text: Span<UInt8>,
        element: TextForm,
        delimiter: UInt8,
        to out: ByteBuffer
    ) -> Bool? {
        var position = 0
        guard var lowerBounds = bounds(text, &position) else { return nil }
        var dimensionCount = 0
        while position + dimensionCount < text.count, text[position + dimensionCount] == UInt8(ascii: "{") {
            dimensionCount += 1
        }
        guard (1...maximumDimensionCount).contains(dimensionCount) else { return nil }
        if text.count - position == 2, dimensionCount == 1, text[position + 1] == UInt8(ascii: "}") {
            for _ in 0..<3 { out.appendLittleEndian(0 as Int32) }
            return true
        }
        if lowerBounds.isEmpty { lowerBounds = [Int32](repeating: 1, count: dimensionCount) }
        guard lowerBounds.count == dimensionCount else { return nil }

        let header = out.count
        for _ in 0..<(3 + 2 * dimensionCount) { out.appendLittleEndian(0 as Int32) }
        guard
            let sizes = elements(
                text,
                &position,
                dimensionCount: dimensionCount,
                element: element,
                delimiter: delimiter,
                to: out
            )
        else { return nil }
        out.overwrite(Int32(dimensionCount), at: header)
        for dimension in 0..<dimensionCount {
            out.overwrite(sizes[dimension], at: header + 12 + dimension * 8)
            out.overwrite(lowerBounds[dimension], at: header + 16 + dimension * 8)
        }
        return dimensionCount == 1 && lowerBounds[0] == 1
    }

    /// Appends an array of texts, or the text of the whole array where a list cannot hold it.
    static func appendWhole(_ text: Span<UInt8>, delimiter: UInt8, to out: ByteBuffer) -> Bool {
        let start = out.count
        guard let isList = append(text, element: .same, delimiter: delimiter, to: out) else { return false }
        if isList { return true }
        out.truncate(to: start)
        for value: Int32 in [2, 0, 0, 1, 1, 1, 1] { out.appendLittleEndian(value.byteSwapped) }
        return TextForm.same.appendCell(text, to: out)
    }

    /// Subscripts that do not begin at 1 stand before the braces.
    private static func bounds(_ text: Span<UInt8>, _ position: inout Int) -> [Int32]? {
        var lowerBounds: [Int32] = []
        while position < text.count, text[position] == UInt8(ascii: "[") {
            position += 1
            guard let lower = integer(text, &position), position < text.count, text[position] == UInt8(ascii: ":")
            else { return nil }
            position += 1
            guard integer(text, &position) != nil, position < text.count, text[position] == UInt8(ascii: "]"),
                lowerBounds.count < maximumDimensionCount
            else { return nil }
            position += 1
            lowerBounds.append(lower)
        }
        guard !lowerBounds.isEmpty else { return [] }
        guard position < text.count, text[position] == UInt8(ascii: "=") else { return nil }
        position += 1
        return lowerBounds
    }

    private static func integer(_ text: Span<UInt8>, _ position: inout Int) -> Int32? {
        let isNegative = position < text.count && text[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let start = position
        var value = 0
        while position < text.count, position - start < 10, let digit = TextForm.decimalDigit(text[position]) {
            value = value * 10 + Int(digit)
            position += 1
        }
        return position > start ? Int32(exactly: isNegative ? -value : value) : nil
    }

    /// Appends the elements in their order.
    ///
    /// - Returns: The size of each dimension, or `nil` if the braces do not match or the parts differ in size.
    private static func elements(
        _ text: Span<UInt8>,
        _ position: inout Int,
        dimensionCount: Int,
        element: TextForm,
        delimiter: UInt8,
        to out: ByteBuffer
    ) -> [Int32]? {
        var sizes = [Int32](repeating: -1, count: dimensionCount)
        var counts = [Int32](repeating: 0, count: dimensionCount)
        var depth = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "{"):
                guard depth < dimensionCount else { return nil }
                counts[depth] = 0
                depth += 1
                position += 1
            case UInt8(ascii: "}"):
                guard depth > 0 else { return nil }
                depth -= 1
                position += 1
                guard sizes[depth] == -1 || sizes[depth] == counts[depth] else { return nil }
                sizes[depth] = counts[depth]
                if depth == 0 { return position == text.count && !sizes.contains(-1) ? sizes : nil }
                counts[depth - 1] += 1
            case delimiter:
                position += 1
            default:
                guard depth == dimensionCount, self.element(text, &position, element, delimiter, to: out) else {
                    return nil
                }
                counts[depth - 1] += 1
            }
        }
        return nil
    }

    private static func element(
        _ text: Span<UInt8>,
        _ position: inout Int,
        _ form: TextForm,
        _ delimiter: UInt8,
        to out: ByteBuffer
    ) -> Bool {
        if text[position] == UInt8(ascii: "\"") {
            guard let bytes = QuotedText.take(text, &position) else { return false }
            return form.appendCell(bytes.span, to: out)
        }
        let start = position
        while position < text.count, text[position] != delimiter, text[position] != UInt8(ascii: "}") { position += 1 }
        let plain = text.extracting(start..<position)
        if isNull(plain) {
            out.appendLittleEndian(-1 as Int32)
            return true
        }
        return form.appendCell(plain, to: out)
    }

    private static func isNull(_ text: Span<UInt8>) -> Bool {
        text.count == 4 && text[0] == UInt8(ascii: "N") && text[1] == UInt8(ascii: "U") && text[2] == UInt8(ascii: "L")
            && text[3] == UInt8(ascii: "L")
    }
}

/// Text within double quotes, in which a backslash stands before each quote and backslash.
enum QuotedText {
    /// Reads from the opening quote to the closing one; `nil` if there is none.
    static func take(_ text: Span<UInt8>, _ position: inout Int) -> [UInt8]? {
        guard position < text.count, text[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        var bytes: [UInt8] = []
        while position < text.count {
            var byte = text[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return bytes }
            if byte == UInt8(ascii: "\\") {
                guard position < text.count else { return nil }
                byte = text[position]
                position += 1
            }
            bytes.append(byte)
        }
        return nil
    }
}

/// Brings the text of an `hstore` into its binary form: `"key"=>"value", "other"=>NULL`.
///
/// ```
/// hstore  count:Int32 (keyLength:Int32 key valueLength:Int32 value)*
/// ```
enum HstoreText {
    /// Appends the pairs; `false` if the text is no hstore.
    static func append(_ text: Span<UInt8>, to out: ByteBuffer) -> Bool {
        let header = out.count
        out.appendLittleEndian(0 as Int32)
        var position = 0
        var count: Int32 = 0
        while position < text.count {
            if count > 0 {
                guard take(", ", text, &position) else { return false }
            }
            guard append(quotedAt: &position, in: text, to: out), take("=>", text, &position) else { return false }
            if take("NULL", text, &position) {
                out.appendLittleEndian(-1 as Int32)
            } else if !append(quotedAt: &position, in: text, to: out) {
                return false
            }
            count += 1
        }
        out.overwrite(count, at: header)
        return true
    }

    private static func append(quotedAt position: inout Int, in text: Span<UInt8>, to out: ByteBuffer) -> Bool {
        guard let bytes = QuotedText.take(text, &position) else { return false }
        return TextForm.same.appendCell(bytes.span, to: out)
    }

    private static func take(_ token: String, _ text: Span<UInt8>, _ position: inout Int) -> Bool {
        guard position + token.utf8.count <= text.count else { return false }
        for (index, byte) in token.utf8.enumerated() where text[position + index] != byte { return false }
        position += token.utf8.count
        return true
    }
}

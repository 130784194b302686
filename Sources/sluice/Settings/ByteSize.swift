/// Sizes as people write them: `128MiB` (powers of 1024), `64MB` (powers of 1000), or plain bytes.
enum ByteSize {
    /// What may be written, for messages.
    static let grammar = "a size like 128MiB, 64MB or plain bytes"

    private static let units: [(name: String, factor: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("B", 1), ("", 1),
    ]

    /// Reads a size, or returns nil if the text is none or exceeds what an `Int` holds.
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits), let factor = units.first(where: { $0.name == unit })?.factor else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    /// What the text becomes if its unit is a misspelt one: `128mib` is `128MiB`.
    static func suggestion(for text: String) -> String? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        let spellings = ["k": "KiB", "m": "MiB", "g": "GiB", "t": "TiB"]
        guard !digits.isEmpty else { return nil }
        let known = units.map(\.name).first { !$0.isEmpty && $0.lowercased() == unit }
        return (known ?? spellings[unit]).map { "\(digits)\($0)" }
    }

    /// The shortest exact spelling in binary units.
    static func text(_ bytes: Int) -> String {
        let unit = units.prefix(4).first { bytes >= $0.factor && bytes % $0.factor == 0 }
        return unit.map { "\(bytes / $0.factor)\($0.name)" } ?? "\(bytes)"
    }
}

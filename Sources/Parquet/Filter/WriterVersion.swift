/// The program that wrote a file, as far as its faults are known: `NAME version 1.2.3 (build HASH)`.
struct WriterVersion: Equatable {
    let name: String
    /// Major, minor, patch; `nil` if the text has none.
    let numbers: [Int]?
    /// Whether it came before the version that has the numbers.
    let isPreview: Bool

    /// More than any program says of itself; the text is looked at for each condition on a row group.
    private static let maximumByteCount = 256

    init(_ createdBy: String?) {
        let text = String(decoding: (createdBy ?? "").utf8.prefix(Self.maximumByteCount), as: UTF8.self)
        let words = text.split(separator: " ")
        name = words.first.map { String($0) } ?? ""
        let version = words.firstIndex(of: "version").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        let parts = version?.split(separator: "-", maxSplits: 1)
        let numbers = parts?.first?.split(separator: ".").compactMap { Int($0) } ?? []
        self.numbers = numbers.count == 3 ? numbers : nil
        isPreview = (parts?.count ?? 0) > 1
    }

    /// Whether the bounds of bytes are wrong (PARQUET-251).
    var mixesUpBounds: Bool { isParquetMR(before: [1, 8, 0]) }

    /// Whether the header of a dictionary page is missing in the byte count of its chunk (PARQUET-816).
    var forgetsDictionaryHeader: Bool { isParquetMR(before: [1, 2, 9]) }

    private func isParquetMR(before fixed: [Int]) -> Bool {
        guard name == "parquet-mr" else { return false }
        guard let numbers else { return true }
        return numbers.lexicographicallyPrecedes(fixed) || numbers == fixed && isPreview
    }
}

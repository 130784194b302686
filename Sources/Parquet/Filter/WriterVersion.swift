/// The program that wrote a file, as far as its faults are known: `NAME version 1.2.3 (build HASH)`.
struct WriterVersion: Equatable {
    let name: String
    /// Major, minor, patch; `nil` if the text has none.
    let numbers: [Int]?
    /// Whether it came before the version that has the numbers.
    let isPreview: Bool

    init(_ createdBy: String?) {
        let text = createdBy ?? ""
        let words = text.split(separator: " ")
        name = words.first.map { String($0) } ?? ""
        let version = words.firstIndex(of: "version").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        let parts = version?.split(separator: "-", maxSplits: 1)
        let numbers = parts?.first?.split(separator: ".").compactMap { Int($0) } ?? []
        self.numbers = numbers.count == 3 ? numbers : nil
        isPreview = (parts?.count ?? 0) > 1
    }

    /// Whether the bounds of bytes are wrong (PARQUET-251).
    var mixesUpBounds: Bool {
        guard name == "parquet-mr" else { return false }
        guard let numbers else { return true }
        let fixed = [1, 8, 0]
        return numbers.lexicographicallyPrecedes(fixed) || numbers == fixed && isPreview
    }
}

/// The names of regions, which become part of host names.
enum Region {
    /// Where there is nothing to tell the region of a global service.
    static let global = "us-east-1"

    /// Whether a text can be a region's name: lower case letters, digits and hyphens.
    static func isName(_ text: String) -> Bool {
        (2...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
}

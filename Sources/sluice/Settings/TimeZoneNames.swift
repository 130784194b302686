import Foundation

/// The time zones of the IANA database.
enum TimeZoneNames {
    /// Every name, for suggestions.
    static let all: [String] = ["UTC"] + TimeZone.knownTimeZoneIdentifiers

    /// Whether there is such a zone; abbreviations like `EST` and offsets are no zones, since they know no summer time.
    static func contains(_ name: String) -> Bool {
        if ["UTC", "GMT"].contains(name) { return true }
        return name.contains("/") && TimeZone(identifier: name) != nil
    }
}

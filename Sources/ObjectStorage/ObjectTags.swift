import AWS

/// Tags that every object gets, for billing and for rules of the bucket.
public struct ObjectTags: Hashable, Sendable {
    /// Of S3, for one object.
    public static let countLimit = 10
    /// Of S3, in characters.
    public static let keyLimit = 128
    /// Of S3, in characters.
    public static let valueLimit = 256

    /// No tags.
    public static let none = ObjectTags()

    /// Keys and values.
    public let values: [String: String]

    private init() { values = [:] }

    /// Checks tags.
    ///
    /// - Throws: `invalidLocation` saying which of the limits of S3 a tag exceeds.
    public init(_ values: [String: String]) throws(ObjectStorageError) {
        guard values.count <= Self.countLimit else {
            throw Self.invalid("there are \(values.count), and S3 takes \(Self.countLimit)")
        }
        for (key, value) in values {
            guard (1...Self.keyLimit).contains(key.count), Self.isText(key) else {
                throw Self.invalid("a key has 1 to \(Self.keyLimit) letters, digits, spaces and + - = . _ : / @")
            }
            guard !key.lowercased().hasPrefix("aws:") else { throw Self.invalid("keys do not begin with aws:") }
            guard value.count <= Self.valueLimit, Self.isText(value) else {
                throw Self.invalid(
                    "the value of \(key) has up to \(Self.valueLimit) letters, digits, spaces and + - = . _ : / @"
                )
            }
        }
        self.values = values
    }

    /// The tags as S3 wants them in a header; nil if there are none.
    var header: String? {
        guard !values.isEmpty else { return nil }
        let pairs = values.sorted { $0.key < $1.key }
        return pairs.map { "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))" }
            .joined(separator: "&")
    }

    private static func isText(_ text: String) -> Bool {
        text.allSatisfy { $0.isLetter || $0.isNumber || $0 == " " || "+-=._:/@".contains($0) }
    }

    private static func invalid(_ reason: String) -> ObjectStorageError {
        ObjectStorageError(.invalidLocation, "the tags of objects cannot be used: \(reason)")
    }
}

/// Header fields in the order they are sent or were received; names compare without regard to case.
public struct HTTPHeaders: Sendable {
    /// One header field.
    public struct Field: Sendable {
        /// The name as it was given.
        public let name: String
        /// The value, without surrounding white space.
        public let value: String
    }

    /// All fields, repeated ones included.
    public private(set) var fields: [Field] = []

    /// Makes a list without fields.
    public init() {}

    /// Makes a list of the given names and values, in their order.
    public init(_ pairs: KeyValuePairs<String, String>) {
        fields = pairs.map { Field(name: $0.key, value: $0.value) }
    }

    /// Adds a field after the present ones.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Replaces every field of this name by one.
    public mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    /// Removes every field of this name.
    public mutating func remove(_ name: String) {
        fields.removeAll { Self.sameName($0.name, name) }
    }

    /// Returns the value of the first field of this name.
    public subscript(_ name: String) -> String? {
        fields.first { Self.sameName($0.name, name) }?.value
    }

    private static func sameName(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= 65 && byte <= 90 ? byte + 32 : byte
    }
}

// MARK: - Printing without secrets

extension HTTPHeaders.Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Names whose values let their reader act as us.
    private static let secretNames: Set<String> = [
        "authorization", "proxy-authorization", "x-amz-security-token", "x-aws-ec2-metadata-token",
        "x-amz-sso_bearer_token", "cookie", "set-cookie",
    ]

    /// The field as text; the value of a field that carries a credential is withheld.
    public var description: String {
        "\(name): \(Self.secretNames.contains(name.lowercased()) ? "<redacted>" : value)"
    }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror without children, so that reflection does not print the value either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

import Glibc

/// The environment variables that settings are read from.
public struct Environment: Sendable {
    private let lookup: @Sendable (String) -> String?

    /// The variables of this process.
    ///
    /// The corresponding C function is `getenv`.
    public static let process = Environment { name in
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Makes an environment that asks the closure.
    public init(_ lookup: @escaping @Sendable (String) -> String?) {
        self.lookup = lookup
    }

    /// Makes an environment of the given variables only.
    public init(_ variables: [String: String]) {
        lookup = { variables[$0] }
    }

    /// The value of a variable; nil also when it is empty, as the AWS tools have it.
    public subscript(_ name: String) -> String? {
        guard let value = lookup(name), !value.isEmpty else { return nil }
        return value
    }
}

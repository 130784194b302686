import AWS
import HTTP

/// Where objects are kept, as users write it.
public enum ObjectStoreLocation: Hashable, Sendable {
    /// A folder, by its path.
    case folder(path: String)
    /// A bucket and what all keys begin with, without slashes at its ends.
    case bucket(name: String, prefix: String)

    /// Reads `s3://bucket/prefix`, `file:///path` or a path.
    ///
    /// - Throws: `invalidLocation`, saying what is expected.
    public init(_ text: String) throws(ObjectStorageError) {
        if let rest = Self.rest(of: text, scheme: "s3://") {
            self = try Self.bucket(rest)
        } else if let rest = Self.rest(of: text, scheme: "file://") {
            guard rest.hasPrefix("/") || rest.hasPrefix("localhost/"),
                let path = PercentEncoding.decode(
                    rest.hasPrefix("/") ? rest : String(rest.dropFirst("localhost".count))
                )
            else { throw Self.invalid("a file URL has the form file:///path") }
            self = .folder(path: path)
        } else if let separator = text.firstRange(ofText: "://"), !text[..<separator].contains("/") {
            throw Self.invalid(
                "\(text[..<separator]):// is not supported; use s3://bucket/prefix, file:///path or a path"
            )
        } else {
            guard !text.isEmpty else {
                throw Self.invalid("it is empty; use s3://bucket/prefix, file:///path or a path")
            }
            self = .folder(path: text)
        }
        if case .folder(let path) = self,
            path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        {
            throw Self.invalid("the path contains a control character")
        }
    }

    private static func bucket(_ rest: String) throws(ObjectStorageError) -> ObjectStoreLocation {
        let name = String(rest.prefix { $0 != "/" })
        guard (3...255).contains(name.utf8.count),
            name.utf8.allSatisfy({
                (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0)
                    || [45, 46, 95].contains($0)
            })
        else {
            throw invalid("s3:// is followed by the bucket's name: 3 or more letters, digits, dots and hyphens")
        }
        let prefix = rest.dropFirst(name.count).split(separator: "/", omittingEmptySubsequences: false)
        var components = prefix.drop { $0.isEmpty }
        while components.last?.isEmpty == true { components.removeLast() }
        let joined = components.joined(separator: "/")
        if !joined.isEmpty { try ObjectKey.check(joined) }
        return .bucket(name: name, prefix: joined)
    }

    private static func rest(of text: String, scheme: String) -> String? {
        text.lowercased().hasPrefix(scheme) ? String(text.dropFirst(scheme.count)) : nil
    }

    private static func invalid(_ reason: String) -> ObjectStorageError {
        ObjectStorageError(.invalidLocation, "the location cannot be used: \(reason)")
    }
}

extension ObjectStoreLocation: CustomStringConvertible {
    /// The location as it may be written.
    public var description: String {
        switch self {
        case .folder(let path): path
        case .bucket(let name, let prefix): prefix.isEmpty ? "s3://\(name)" : "s3://\(name)/\(prefix)"
        }
    }
}

extension String {
    fileprivate func firstRange(ofText text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}

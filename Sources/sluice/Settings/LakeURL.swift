import Foundation
import Replication

/// Reads how people write where a lake is; what is refused says what is allowed and does not repeat the text.
enum LakeURL {
    /// `s3://bucket/prefix`, `file:///path`, or the path of a folder.
    static func location(_ text: String) throws(SettingsRefusal) -> LakeOptions.Location {
        let allowed = "s3://bucket/prefix, file:///path or a folder"
        if text.isEmpty || text.utf8.contains(0) { throw SettingsRefusal(allowed: allowed) }
        guard let separator = text.range(of: "://") else {
            if text == "~" || text.hasPrefix("~/") {
                throw SettingsRefusal(allowed: "\(allowed) (a leading ~ is not expanded, ${HOME} is)")
            }
            return .folder(path: text)
        }
        let rest = text[separator.upperBound...]
        switch text[..<separator.lowerBound].lowercased() {
        case "s3":
            return try bucket(rest)
        case "file":
            let path = rest.hasPrefix("localhost/") ? rest.dropFirst(9) : rest
            guard path.hasPrefix("/"), let decoded = String(path).removingPercentEncoding else {
                throw SettingsRefusal(allowed: "file:///path with three slashes, percent-encoded where needed")
            }
            return .folder(path: decoded)
        case "s3a", "s3n":
            throw SettingsRefusal(allowed: allowed, suggestion: "s3://\(rest)")
        default:
            throw SettingsRefusal(allowed: allowed)
        }
    }

    private static func bucket(_ text: Substring) throws(SettingsRefusal) -> LakeOptions.Location {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let bucket = parts[0]
        let isBucket = bucket.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) }
        guard isBucket, (3...63).contains(bucket.count) else {
            throw SettingsRefusal(allowed: "s3://bucket/prefix, the bucket with 3 to 63 letters, digits, . - _")
        }
        let segments = parts.dropFirst().last == "" ? parts.dropFirst().dropLast() : parts.dropFirst()
        guard !segments.contains(where: { ["", ".", ".."].contains($0) }), !text.contains(where: "?#".contains) else {
            throw SettingsRefusal(allowed: "s3://bucket/prefix, the prefix without empty parts, dots alone, ? and #")
        }
        return .s3(bucket: bucket, prefix: segments.joined(separator: "/"))
    }

    /// The name of a region.
    static func region(_ text: String) throws(SettingsRefusal) -> String {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }) else {
            throw SettingsRefusal(allowed: "an AWS region like us-east-1")
        }
        return text
    }

    /// Scheme, host and port of an S3-compatible store, without a final slash.
    static func endpoint(_ text: String) throws(SettingsRefusal) -> String {
        let allowed = "http:// or https:// with host and port, without user, path and bucket"
        guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme?.lowercased()),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.query == nil, parts.fragment == nil,
            ["", "/"].contains(parts.path)
        else { throw SettingsRefusal(allowed: allowed) }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

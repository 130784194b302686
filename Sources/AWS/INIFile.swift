/// The AWS configuration file format.
///
///     [section]
///     key = value          # comments only on lines of their own
///     key =
///       nested = value     an indented line belongs to the key above
///
/// Lines that fit none of this are skipped, as the AWS tools do.
struct INIFile: Sendable {
    /// The keys of each section; a nested key is `key.nested`.
    private(set) var sections: [String: [String: String]] = [:]

    init(_ text: String) {
        var section: String?
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let content = line.trimmed
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[" {
                section = content.dropFirst().prefix { $0 != "]" }.trimmed.collapsed
                parent = nil
                continue
            }
            guard let section, let equals = content.firstIndex(of: "=") else { continue }
            let key = content[..<equals].trimmed.lowercased()
            let value = String(content[content.index(after: equals)...].trimmed)
            guard !key.isEmpty else { continue }
            let isNested = line.first?.isWhitespace == true
            if isNested, let parent {
                sections[section, default: [:]]["\(parent).\(key)"] = value
            } else {
                sections[section, default: [:]][key] = value
                parent = value.isEmpty ? key : nil
            }
        }
    }
}

extension INIFile: CustomStringConvertible, CustomReflectable {
    /// The names of the sections; what stands in them may be secret.
    var description: String { sections.keys.sorted().description }

    /// A mirror without children: `dump` shows nothing either.
    var customMirror: Mirror { Mirror(self, children: []) }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = self
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }

    /// Inner runs of white space as one space: `[profile   x]` is the profile `x`.
    fileprivate var collapsed: String {
        split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

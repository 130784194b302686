import Yams

/// One mapping of the file, read key by key; what does not fit becomes a problem of the document.
///
/// A key that is absent or has no value (`null`) reads as nil: its default applies.
struct SettingsSection<Key: SettingsKey> {
    let document: SettingsDocument
    let path: String
    private var nodes: [Key: Node] = [:]

    /// Sorts the node's entries by key.
    ///
    /// A missing node has no entries; unknown keys are refused.
    init(_ node: Node?, at path: String, of document: SettingsDocument) {
        self.document = document
        self.path = path
        guard let node, !Self.isNull(node) else { return }
        guard let mapping = node.mapping else {
            document.refuse(node, at: path, allowed: "a mapping of \(Self.allowedKeys)")
            return
        }
        for (keyNode, value) in mapping {
            let name = keyNode.scalar?.string ?? ""
            if let key = Key(rawValue: name) {
                nodes[key] = value
            } else {
                refuseKey(keyNode, named: name)
            }
        }
    }

    /// The path of a key of this mapping.
    func path(_ key: Key) -> String { path.isEmpty ? key.rawValue : "\(path).\(key.rawValue)" }

    /// The value of a key, or nil where its default applies.
    func node(_ key: Key) -> Node? {
        nodes[key].flatMap { Self.isNull($0) ? nil : $0 }
    }

    /// Whether the file has a key, even if without a value.
    func mentions(_ key: Key) -> Bool { nodes[key] != nil }

    /// The mapping under a key.
    func section<Inner: SettingsKey>(_ key: Key, keys: Inner.Type) -> SettingsSection<Inner> {
        SettingsSection<Inner>(nodes[key], at: path(key), of: document)
    }

    /// The entries of a list.
    func list(_ key: Key, of content: String) -> [Node] {
        guard let node = node(key) else { return [] }
        guard let sequence = node.sequence else {
            document.refuse(node, at: path(key), allowed: "a list of \(content)")
            return []
        }
        return Array(sequence)
    }

    /// A text, with its variables replaced, as the closure reads it; what the closure throws is what is allowed.
    func text<Value>(_ key: Key, allowed: String, read: (String) throws -> Value) -> Value? {
        guard let node = node(key) else { return nil }
        return document.text(node, at: path(key), allowed: allowed, read: read)
    }

    /// A text as it is, which must not be empty.
    func text(_ key: Key, allowed: String = "a text") -> String? {
        text(key, allowed: allowed) { text throws(SettingsRefusal) in
            if text.isEmpty { throw SettingsRefusal(allowed: "\(allowed), not empty") }
            return text
        }
    }

    /// One of a few words.
    func choice(_ key: Key, of words: [String]) -> String? {
        let allowed = words.joined(separator: " | ")
        return text(key, allowed: allowed) { text throws(SettingsRefusal) in
            if words.contains(text) { return text }
            throw SettingsRefusal(allowed: allowed, suggestion: NearMiss.of(text, among: words))
        }
    }

    /// A whole number within bounds.
    func integer(_ key: Key, in bounds: ClosedRange<Int>) -> Int? {
        number(key, allowed: "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)") { text in
            Int(text).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }

    /// A number whose digits are a name, leading zeros included.
    func digits(_ key: Key, count: Int, of owner: String) -> String? {
        let allowed = "the \(count) digits of \(owner)"
        guard let node = node(key) else { return nil }
        func isAllowed(_ text: String) -> Bool {
            text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) }
        }
        // Without quotes they look like a number, of which the text is what counts.
        if let scalar = node.scalar, SettingsDocument.kind(of: node) == .number, isAllowed(scalar.string) {
            return scalar.string
        }
        guard SettingsDocument.kind(of: node) == .text || node.scalar == nil else {
            document.refuse(node, at: path(key), allowed: allowed)
            return nil
        }
        return document.text(node, at: path(key), allowed: allowed) { text throws(SettingsRefusal) in
            guard isAllowed(text) else { throw SettingsRefusal(allowed: allowed) }
            return text
        }
    }

    /// A number of bytes within bounds.
    func size(_ key: Key, in bounds: ClosedRange<Int>) -> Int? {
        let upper = bounds.upperBound == .max ? "" : " to \(ByteSize.text(bounds.upperBound))"
        let allowed = "\(ByteSize.grammar), from \(ByteSize.text(bounds.lowerBound))\(upper)"
        func suggestion(_ text: String) -> String? {
            ByteSize.parse(text) == nil ? ByteSize.suggestion(for: text) : nil
        }
        func remark(_ text: String) -> String? {
            guard let size = ByteSize.parse(text), !bounds.contains(size) else { return nil }
            return size < bounds.lowerBound ? "which is too small" : "which is too large"
        }
        return number(key, allowed: allowed, suggestion: suggestion, remark: remark) { text in
            ByteSize.parse(text).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }

    /// A length of time within bounds.
    func duration(_ key: Key, in bounds: ClosedRange<Duration>) -> Duration? {
        let (lower, upper) = (DurationText.text(bounds.lowerBound), DurationText.text(bounds.upperBound))
        let allowed = "\(DurationText.grammar), from \(lower) to \(upper)"
        return text(key, allowed: allowed) { text throws(SettingsRefusal) in
            guard let value = DurationText.parse(text), bounds.contains(value) else {
                throw SettingsRefusal(allowed: allowed)
            }
            return value
        }
    }

    /// `true` or `false`.
    func flag(_ key: Key) -> Bool? {
        guard let node = node(key) else { return nil }
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default:
            document.refuse(node, at: path(key), allowed: "true | false")
            return nil
        }
    }

    // MARK: - Private

    private func number(
        _ key: Key,
        allowed: String,
        suggestion: (String) -> String? = { _ in nil },
        remark: (String) -> String? = { _ in nil },
        parse: (String) -> Int?
    ) -> Int? {
        guard let node = node(key) else { return nil }
        // A number needs no quotes, and a variable's value is a text that may hold one.
        if let scalar = node.scalar, SettingsDocument.kind(of: node) == .number {
            if let value = parse(scalar.string) { return value }
            document.refuse(node, at: path(key), allowed: allowed, remark: remark(scalar.string))
            return nil
        }
        return document.text(node, at: path(key), allowed: allowed) { text throws(SettingsRefusal) in
            if let value = parse(text) { return value }
            throw SettingsRefusal(allowed: allowed, suggestion: suggestion(text), remark: remark(text))
        }
    }

    private func refuseKey(_ node: Node, named name: String) {
        let keyPath = path.isEmpty ? name : "\(path).\(name)"
        let near = NearMiss.of(name, among: Key.allCases.map(\.rawValue))
        let elsewhere = Settings.keyPaths.first { $0.split(separator: ".").last.map(String.init) == name }
        document.refuse(
            node,
            at: keyPath,
            found: "an unknown key",
            allowed: Self.allowedKeys,
            suggestion: near ?? elsewhere
        )
    }

    private static var allowedKeys: String { Key.allCases.map(\.rawValue).sorted().joined(separator: ", ") }

    private static func isNull(_ node: Node) -> Bool {
        node.scalar != nil && SettingsDocument.kind(of: node) == .null
    }
}

/// What a value's reader says when it refuses one.
struct SettingsRefusal: Error {
    /// What is allowed instead.
    var allowed: String
    /// What was probably meant.
    var suggestion: String?
    /// What is wrong with the value, if that does not go without saying.
    var remark: String?
}

extension SettingsDocument {
    /// Reads a scalar as text with its variables replaced.
    func text<Value>(_ node: Node, at keyPath: String, allowed: String, read: (String) throws -> Value) -> Value? {
        guard let scalar = node.scalar, Self.kind(of: node) == .text else {
            let hint = node.scalar == nil || Self.kind(of: node) == .null ? nil : "the same in quotes"
            refuse(node, at: keyPath, allowed: allowed, suggestion: hint)
            return nil
        }
        let text: String
        do {
            text = try expansion.expand(scalar.string)
        } catch {
            refuse(node, at: keyPath, failure: error)
            return nil
        }
        do {
            return try read(text)
        } catch let refusal as SettingsRefusal {
            // A suggestion is made from the value, which is only shown when it stands in the file as it is.
            let isShown = !VariableExpansion.isNeeded(in: scalar.string)
            refuse(
                node,
                at: keyPath,
                allowed: refusal.allowed,
                suggestion: isShown ? refusal.suggestion : nil,
                remark: refusal.remark
            )
        } catch {
            refuse(node, at: keyPath, allowed: "\(allowed) (\(error))")
        }
        return nil
    }

    private func refuse(_ node: Node, at keyPath: String, failure: VariableExpansion.Failure) {
        for name in failure.missing {
            let found = "the variable \(name), which is not set"
            refuse(node, at: keyPath, found: found, allowed: "variables of the environment")
        }
        if failure.isMalformed {
            refuse(node, at: keyPath, found: "a ${ that begins no variable", allowed: "${NAME}, or $${ for ${ itself")
        }
    }
}

/// The rules for keys, the same in every store so that a lake can be copied from one to the other.
public enum ObjectKey {
    /// What the stores keep for themselves.
    static let reservedPrefix = "_sluice/tmp/"

    /// Throws `invalidKey` unless the key has 1 to 1,024 UTF-8 bytes, no control characters, no
    /// backslash (which some servers take for a slash), and consists of components
    /// between single slashes that are neither empty nor `.` nor `..`, nor longer than 255 bytes.
    public static func check(_ key: String) throws(ObjectStorageError) {
        if let reason = objection(to: key) {
            let shown = key.unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? "?" : "\($0)" }
            throw ObjectStorageError(
                .invalidKey,
                "\"\(shown.joined())\" cannot be the key of an object: \(reason)"
            )
        }
    }

    private static func objection(to key: String) -> String? {
        guard !key.isEmpty else { return "it is empty" }
        guard key.utf8.count <= 1024 else { return "it has more than 1024 bytes" }
        guard !key.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return "it contains a control character"
        }
        guard !key.utf8.contains(UInt8(ascii: "\\")) else { return "it contains a backslash" }
        for component in key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if component.isEmpty { return "it has an empty component" }
            if component.elementsEqual(".".utf8) || component.elementsEqual("..".utf8) {
                return "it has a component that is . or .."
            }
            if component.count > 255 { return "it has a component of more than 255 bytes" }
        }
        return key.utf8.starts(with: reservedPrefix.utf8) ? "\(reservedPrefix) is reserved" : nil
    }
}

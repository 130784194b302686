import AWS
import Foundation
import Lake

/// Tells a live view in the catalog from what others have under its name.
struct LiveViewText {
    private static let prefix = "/* Presto View: "
    private static let suffix = " */"

    private let isView: Bool
    /// Whether the text reads the changes of the table; nil if it cannot be read.
    private let readsChanges: Bool?

    /// Looks at what the catalog has.
    ///
    /// Athena keeps a view as JSON in base64 in a comment: `/* Presto View: eyJvcmlnaW5hbFNxbCI6… */`.
    ///
    /// - Parameters:
    ///   - present: What has the name.
    ///   - view: The live view that is to have it.
    init(_ present: ExactJSON, of view: LiveView) {
        isView = present["TableType"]?.text == "VIRTUAL_VIEW"
        let text = present["ViewOriginalText"]?.text ?? ""
        guard text.hasPrefix(Self.prefix), text.hasSuffix(Self.suffix),
            let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)))
        else {
            readsChanges = nil
            return
        }
        readsChanges = data.range(of: Data(ChangeFileName.folder(of: view.name).utf8)) != nil
    }

    /// Whether it may be replaced.
    ///
    /// - Parameter isMarked: Whether the table of the rows says that a live view was made of it.
    /// - Returns: Whether it is one that was made for the lake.
    func isOwn(isMarked: Bool) -> Bool { isView && (readsChanges ?? isMarked) }
}

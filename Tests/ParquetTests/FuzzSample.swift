import Foundation
import Testing

/// A file of bytes beside the fuzzers.
struct FuzzSample: CustomTestStringConvertible {
    let file: URL
    var testDescription: String { file.lastPathComponent }

    func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

    /// All files of a folder of Tests/Fuzzing.
    static func all(in folder: String) -> [FuzzSample] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "Fuzzing/\(folder)")
        let files = try? FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }.map(FuzzSample.init)
    }
}

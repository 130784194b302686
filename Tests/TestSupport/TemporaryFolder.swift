import Glibc

/// A folder that is removed with everything in it when the owner is released.
public final class TemporaryFolder: Sendable {
    /// Its path.
    public let path: String

    /// Makes an empty folder.
    public init() throws {
        var template = Array("/tmp/sluice-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TemporaryFolderError(number: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in files() { remove("\(path)/\(file)") }
        remove(path)
    }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        guard let stream = fopen(file, "w") else { throw TemporaryFolderError(number: errno) }
        defer { fclose(stream) }
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else { throw TemporaryFolderError(number: errno) }
        return file
    }

    /// All files and directories below the folder, relative to it; a directory after what it holds, with a slash.
    public func files() -> [String] {
        Self.names(in: path, "")
    }

    private static func names(in root: String, _ below: String) -> [String] {
        guard let stream = opendir("\(root)/\(below)") else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
            let name = String(decoding: bytes, as: UTF8.self)
            guard name != ".", name != ".." else { continue }
            let path = below.isEmpty ? name : "\(below)/\(name)"
            names += Int(entry.pointee.d_type) == Int(DT_DIR) ? Self.names(in: root, path) + ["\(path)/"] : [path]
        }
        return names
    }
}

/// Why a temporary folder could not be used.
public struct TemporaryFolderError: Error {
    /// The system's error number.
    public let number: Int32
}

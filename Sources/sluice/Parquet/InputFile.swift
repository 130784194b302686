import AWS
import Glibc
import Lake
import ObjectStorage
import Parquet
import Telemetry

/// Where a command finds the file that it was told to look into.
enum InputFile {
    /// Opens a file.
    ///
    /// Throws a sentence that says what is there instead, and what to name.
    static func open(_ location: String, environment: [String: String]) async throws -> any ByteSource {
        guard location != "-" else {
            throw WorkFailure("A Parquet file is read from its end, which standard input does not have: name a file.")
        }
        guard location.lowercased().hasPrefix("s3://") else { return try openFile(location) }
        do {
            return try await openObject(location, environment)
        } catch {
            throw WorkFailure(Escaping.printable("\(error)"))
        }
    }

    private static func openObject(
        _ location: String,
        _ environment: [String: String]
    ) async throws(ObjectStorageError) -> ObjectByteSource {
        guard case .bucket(let name, let path) = try ObjectStoreLocation(location), !path.isEmpty else {
            throw ObjectStorageError(.invalidLocation, "\(location) names no object; use s3://bucket/key")
        }
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = ObjectStoreLocation.bucket(name: name, prefix: names.dropLast().joined(separator: "/"))
        var options = ObjectStoreOptions()
        options.environment = Environment(environment)
        return try await ObjectByteSource(String(names[names.count - 1]), in: try folder.open(options))
    }

    private static func openFile(_ path: String) throws -> any ByteSource {
        var status = stat()
        // Opening a pipe would wait for somebody to write into it.
        if stat(path, &status) == 0 {
            switch status.st_mode & S_IFMT {
            case S_IFREG: break
            case S_IFDIR: throw WorkFailure(Escaping.printable("\(path) is a folder: name a file in it."))
            default: throw WorkFailure(Escaping.printable("\(path) is no regular file."))
            }
        }
        do {
            return try FileByteSource(path: path)
        } catch {
            throw WorkFailure(Escaping.printable("\(error)"))
        }
    }
}
